"""RC2 in CBC mode (RFC 2268), to read only: what old Java and BouncyCastle put around certificates.

No library we have offers it with 40 bits. It protects nothing any more, and nothing here writes it.
"""

from typing import Final

_PI: Final = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
_SHIFTS: Final = (1, 2, 3, 5)


def _expanded(key: bytes, effective_bits: int) -> list[int]:
    """Section 2: 64 words of 16 bits."""
    table = bytearray(key)
    while len(table) < 128:
        table.append(_PI[(table[-1] + table[-len(key)]) & 0xFF])
    size = (effective_bits + 7) // 8
    table[128 - size] = _PI[table[128 - size] & (0xFF >> (8 * size - effective_bits))]
    for index in range(127 - size, -1, -1):
        table[index] = _PI[table[index + 1] ^ table[index + size]]
    return [table[2 * index] | table[2 * index + 1] << 8 for index in range(64)]


def _decrypt_block(words: list[int], block: bytes) -> bytes:
    """Section 4: 5 mixing rounds backwards, a mash, 6, a mash, 5."""
    r = [block[2 * index] | block[2 * index + 1] << 8 for index in range(4)]
    position = 63
    for count, rounds in enumerate((5, 6, 5)):
        for _ in range(rounds):
            for i in (3, 2, 1, 0):
                shift = _SHIFTS[i]
                value = (r[i] >> shift | r[i] << (16 - shift)) & 0xFFFF
                value -= words[position] + (r[i - 1] & r[i - 2]) + (~r[i - 1] & r[i - 3])
                r[i] = value & 0xFFFF
                position -= 1
        if count < 2:
            for i in (3, 2, 1, 0):
                r[i] = (r[i] - words[r[i - 1] & 63]) & 0xFFFF
    return b"".join(word.to_bytes(2, "little") for word in r)


def decrypt_cbc(key: bytes, effective_bits: int, iv: bytes, data: bytes) -> bytes:
    """The text with its padding; `data` is whole blocks of 8 bytes. Raises ValueError otherwise."""
    if len(data) % 8 or len(iv) != 8:
        raise ValueError("not whole blocks")
    words = _expanded(key, effective_bits)
    made, before = bytearray(), iv
    for at in range(0, len(data), 8):
        block = data[at : at + 8]
        made += bytes(a ^ b for a, b in zip(_decrypt_block(words, block), before, strict=True))
        before = block
    return bytes(made)
