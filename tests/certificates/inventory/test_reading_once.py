"""What is read once and remembered, and what is told apart quickly, says the same as the long way does."""

import random
from collections.abc import Iterator

import pytest

from agent.wire.masking import holds_national_number, mask_national_numbers
from agent.wire.pki.moments import any_moment, asn1_moment
from agent.wire.pki.reading import text
from agent.wire.pki.reading.text import MARK, elements, name_texts, oid_of, string_of

CHANCE = random.Random(20261130)  # noqa: S311  # the same at every run
LETTERS = 'aZ 9é=+,;<>#"\\\n\x00Ω𝔸ſ85073003328'
TAGS = (0x0C, 0x13, 0x14, 0x16, 0x1E, 0x1C, 0x03, 0x30)
TYPES = ("550403", "55040b", "55040a", "550406", "550405", "2a0304", "0992268993f22c640101", "5504")
SHAPES = 4_000


def element(tag: int, contents: bytes) -> bytes:
    size = len(contents)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + contents


def attribute() -> bytes:
    value = "".join(CHANCE.choices(LETTERS, k=CHANCE.choice((0, 1, 2, 5, 9, 30, 600))))
    tag = CHANCE.choice(TAGS)
    encoding = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}.get(tag, "utf-8")
    written = element(tag, value.encode(encoding, "replace"))
    return element(0x30, element(0x06, bytes.fromhex(CHANCE.choice(TYPES))) + written)


def names() -> Iterator[bytes]:
    """Names of every shape; one in five broken somewhere. Some come twice: from memory the second time."""
    parts = [
        element(0x31, b"".join(attribute() for _ in range(CHANCE.choice((1, 1, 1, 2))))) for _ in range(60)
    ]
    for _ in range(SHAPES):
        name = b"".join(CHANCE.choices(parts, k=CHANCE.randrange(7)))
        if name and CHANCE.random() < 0.2:
            at = CHANCE.randrange(len(name))
            name = name[:at] + bytes([CHANCE.randrange(256)]) + name[at + CHANCE.randrange(2) :]
        yield name


def long_way(data: bytes) -> tuple[tuple[tuple[tuple[str, str], ...], ...], bool]:
    """A name read attribute by attribute, with nothing remembered."""
    rdns: list[tuple[tuple[str, str], ...]] = []
    whole = True
    try:
        for tag, _at, inside, after in elements(data):
            if tag != 0x31:
                raise ValueError
            rdn = []
            for kind, _begin, content, stop in elements(data, inside, after):
                (oid_tag, _a, oid_at, oid_end), (value_tag, _b, at, end) = elements(data, content, stop)
                if kind != 0x30 or oid_tag != 0x06:
                    raise ValueError
                value = string_of(value_tag, data[at:end])
                whole = whole and MARK not in value
                rdn.append((oid_of(data[oid_at:oid_end]), value))
            rdns.append(tuple(rdn))
    except ValueError:
        return (*rdns, (("2.5.4.3", MARK),)), False
    return tuple(rdns), whole


def long_text(rdns: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """RFC 4514, character by character."""
    written = []
    for rdn in reversed(rdns):
        parts = []
        for kind, value in rdn:
            out = "".join("\\" + c if c in '"+,;<>\\' else c for c in value)
            out = "\\" + out if out[:1] in ("#", " ") else out
            out = out[:-1] + "\\ " if len(out) > 1 and out[-1] == " " else out
            parts.append(f"{text._KEYWORDS.get(kind, kind)}={out}")
        written.append("+".join(parts))
    return ",".join(written)


def test_names_are_what_the_long_way_reads() -> None:
    broken = 0
    for number, name in enumerate(names()):
        around = b"\x30" * (number % 5)
        read = name_texts(around + name + b"\x05", len(around), len(around) + len(name))
        rdns, whole = long_way(name)
        assert (read.rdns, read.whole, read.rfc4514) == (rdns, whole, long_text(rdns)), name.hex()
        broken += not whole
    assert SHAPES / 10 < broken < SHAPES


def test_a_number_of_a_person_is_not_remembered() -> None:
    text._remembered_name.cache_clear()
    text._remembered_rdn.cache_clear()
    for value, remembered in ((b"Federal Government", 2), (b"SSIN=85073003328", 0), (b"x" * 600, 0)):
        before = text._remembered_name.cache_info().currsize + text._remembered_rdn.cache_info().currsize
        rdn = element(0x31, element(0x30, element(0x06, bytes.fromhex("550403")) + element(0x0C, value)))
        assert name_texts(rdn, 0, len(rdn)).values("2.5.4.3") == [value.decode()]
        after = text._remembered_name.cache_info().currsize + text._remembered_rdn.cache_info().currsize
        assert after - before == remembered


@pytest.mark.parametrize("seed", range(4))
def test_whether_a_number_stands_in_a_text(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same at every run
    pieces = [
        "85073003328",
        "85.07.30-033.28",
        "8 5 0 7 3 0 0 3 3 2 8",
        "SSIN=",
        "ſſin=",
        "niss\\=",
        "BıS=",
        "a1",
        "=",
        "85",
        "07",
        "30",
        "033",
        "28",
        "٨٥٠٧٣٠٠٣٣٢٨",
        "\u200b",
        " ",
        "CBE=0406798006",
        "http://x/y",
        "\n",
    ]
    held = 0
    for _ in range(2_000):
        one = "".join(chance.choices(pieces, k=chance.randrange(9)))
        masked = mask_national_numbers(one)
        assert holds_national_number(one) is (masked != one), repr(one)
        held += masked != one
    assert 200 < held < 1_900


def test_times_are_what_the_long_way_reads() -> None:
    usual = [b"491231235959Z", b"500101000000Z", b"000229123060Z", b"010229000000Z", b"261301000000Z"]
    usual += [b"260001000000Z", b"260431000000Z", b"260430240000Z", b"260430236000Z", b"260430010299Z"]
    odd = [b"2611302359Z", b"261130235959", b"261130235959z", b"26113023595 Z", b"", b"+61130235959Z"]
    odd += [b"20261130235959Z", b"261130235959+0100", "٢".encode() * 6 + b"Z"]
    for tag in (0x17, 0x18):
        for contents in (*usual, *odd):
            assert _or_none(asn1_moment, tag, contents) == _or_none(any_moment, tag, contents), contents


def _or_none(read: object, tag: int, contents: bytes) -> object:
    try:
        return read(tag, contents)  # type: ignore[operator]  # one of two functions
    except ValueError:
        return None
