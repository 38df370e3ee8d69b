"""What a certificate comes wrapped in, told by its outermost elements: PKCS#7, a row of certificates, a key store."""

from typing import Final

from agent.wire.pki.der import definite
from agent.wire.pki.reading.fields import NotACertificate, read_fields
from agent.wire.pki.reading.text import elements

_SEQUENCE, _OID, _BITS, _OCTETS, _CONTEXT_0 = 0x30, 0x06, 0x03, 0x04, 0xA0
_PARTS: Final = [_SEQUENCE, _SEQUENCE, _BITS]
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_ENCRYPTED_DATA: Final = bytes.fromhex("06092a864886f70d010706")
_NETSCAPE_SEQUENCE: Final = bytes.fromhex("6086480186f8420205")
_KEY_BAGS: Final = tuple(bytes.fromhex("060b2a864886f70d010c0a01" + kind) for kind in ("01", "02"))
"""PKCS#12 entries with a private key, bare and encrypted (RFC 7292 4.2); they stand outside what is encrypted."""
_JAVA_STORES: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""How Java's own stores begin: JKS and JCEKS."""
_TRUSTED_ENTRY: Final = 2
_MOST_ELEMENTS: Final = 200_000


def certificates_in_der(data: bytes, *, most: int) -> list[bytes]:
    """Return the certificates in DER or BER, one behind the other, alone or in PKCS#7; what follows them is left.

    Raises ValueError or CmsInvalid for what is neither.
    """
    if data[:1] != b"\x30":
        return []
    if data[1:2] == b"\x80":
        data = definite(data.rstrip(b"\r\n"), limit=len(data), elements=_MOST_ELEMENTS)
    found: list[bytes] = []
    position = 0
    while position < len(data) and len(found) < most:
        element = _first(data, position)
        if element is None:
            break
        inside = _certificates_of(data[position:element])
        if not any(map(_is_certificate, inside)) and not found:
            break
        if not inside:
            break
        found += inside
        position = element
    return found


def _first(data: bytes, position: int) -> int | None:
    """Return where the element at `position` ends, None where there is none."""
    if data[position : position + 1] != b"\x30" or position + 2 > len(data):
        return None
    length, content = data[position + 1], position + 2
    if length >= 0x80:
        size = length - 0x80
        length = int.from_bytes(data[content : content + size], "big")
        content += size
        if not 1 <= size <= 4:
            return None
    return content + length if content + length <= len(data) else None


def _certificates_of(element: bytes) -> list[bytes]:
    [(_tag, _begin, content, end)] = elements(element)
    parts = elements(element, content, end)
    if [part[0] for part in parts] == _PARTS:
        return [element]
    if len(parts) >= 2 and (parts[0][0], parts[1][0]) == (_OID, _CONTEXT_0):
        kind = element[parts[0][2] : parts[0][3]]
        [(_sequence, _at, first, last)] = elements(element, parts[1][2], parts[1][3])
        if kind == _NETSCAPE_SEQUENCE:
            return _all(element, first, last)
        if kind == _SIGNED_DATA:
            return [
                one
                for tag, _x, start, stop in elements(element, first, last)
                if tag == _CONTEXT_0
                for one in _all(element, start, stop)
            ]
    if parts and all(part[0] == _SEQUENCE for part in parts):
        return _all(element, content, end)  # a row of certificates and nothing else
    return []


def _all(data: bytes, start: int, end: int) -> list[bytes]:
    """Return what has the three parts of a certificate; one that cannot be read is named later, beside the others."""
    return [
        data[begin:stop]
        for tag, begin, content, stop in elements(data, start, end)
        if tag == _SEQUENCE and [part[0] for part in elements(data, content, stop)] == _PARTS
    ]


def _is_certificate(element: bytes) -> bool:
    try:
        read_fields(element)
    except NotACertificate:
        return False
    return True


def key_store_problem(content: bytes) -> str:
    """Tell a key store or bare private key by its first bytes: private_key, trust_store (it holds no key), or nothing.

    A PKCS#12 begins with SEQUENCE { INTEGER 3 …; a private key with SEQUENCE { INTEGER 0 … (PKCS#1, PKCS#8) or
    SEQUENCE { INTEGER 1, OCTET STRING … (SEC 1).
    """
    if content.startswith(_JAVA_STORES):
        # Magic, version, number of entries, and the kind of the first one.
        first = int.from_bytes(content[12:16], "big")
        return "trust_store" if first == _TRUSTED_ENTRY and len(content) > 16 else "private_key"
    if content[:1] != b"\x30":
        return ""
    head = content[:9]
    if b"\x02\x01\x03" in head:
        without_key = _ENCRYPTED_DATA in content and not any(bag in content for bag in _KEY_BAGS)
        return "trust_store" if without_key else "private_key"
    return "private_key" if b"\x02\x01\x00" in head or b"\x02\x01\x01\x04" in head else ""
