"""The first look at ASN.1: what is definite stays as it is, what is BER becomes so, anything else is refused."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import CmsInvalid
from agent.wire.pki.der import definite, octets
from tests.support.effort import effort_below

LIMIT = 100_000


def element(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


TREES = st.recursive(
    st.binary(max_size=300).map(lambda data: ("leaf", data)),
    lambda inner: st.tuples(st.sampled_from(["seq", "set", "tag"]), st.lists(inner, max_size=4)),
    max_leaves=12,
)
TAGS = {"seq": 0x30, "set": 0x31, "tag": 0xA0}


def short(tag: int, content: bytes) -> bytes:
    """DER."""
    size = len(content)
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, size] if size < 128 else [tag, 0x80 + len(digits), *digits]) + content


def written(tree: Any, chance: random.Random | None) -> bytes:
    """A tree in DER, or with a `chance` in BER."""
    kind, inside = tree
    loose = chance is not None and chance.random() < 0.5
    if kind == "leaf":
        if loose:
            half = len(inside) // 2
            return indefinite(0x24, short(4, inside[:half]), indefinite(0x24, short(4, inside[half:])))
        return short(4, inside)
    parts = [written(one, chance) for one in inside]
    return indefinite(TAGS[kind], *parts) if loose else short(TAGS[kind], b"".join(parts))


@given(tree=TREES, seed=st.integers())
def test_whatever_the_encoding_the_message_is_one(tree: Any, seed: int) -> None:
    der = written(tree, None)
    assert definite(der, limit=LIMIT) is der
    assert definite(written(tree, random.Random(seed)), limit=LIMIT) == der  # noqa: S311


def test_lengths_that_could_be_shorter_stay_as_they_are() -> None:
    long = element(0x30, element(4, b"x"))
    assert definite(long, limit=LIMIT) == long
    assert definite(indefinite(0x30, long), limit=LIMIT) == short(0x30, long)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "cms_malformed"),
        (b"0", "cms_malformed"),
        (b"\x30\x80", "cms_malformed"),
        (b"\x30\x80\0", "cms_malformed"),
        (b"\x04\x80\0\0", "cms_malformed"),
        (b"\0\0", "cms_malformed"),
        (b"\x30\x02\0\0", "cms_malformed"),
        (b"\x30\x00\x30\x00", "cms_malformed"),
        (b"\x30\x80\0\0\0\0", "cms_malformed"),
        (b"\x30\x05\x04\x09x", "cms_malformed"),
        (b"\x30\x04\x30\x80\x00\x00\x00\x00", "cms_malformed"),
        (b"\x30\x03\x30\x80\x00\x00", "cms_malformed"),
        (b"\x30\x84\xff\xff\xff\xff", "cms_malformed"),
        (b"\x30\x88" + b"\xff" * 8, "cms_malformed"),
        (b"\x30\xff" + b"\xff" * 200, "cms_malformed"),
        (b"\x3f\x81\x01\x00", "cms_malformed"),
        (b"\x23\x80\x03\x01\x00\0\0", "cms_malformed"),
        (b"\x24\x80\x03\x01\x00\0\0", "cms_malformed"),
        (b"\x24\x80\x30\x00\0\0", "cms_malformed"),
        (b"\x30\x80" * 5_000, "cms_too_complex"),
        (b"\x24\x80" * 5_000, "cms_too_complex"),
        (element(0x30, b"\x05\x00" * 40_000), "cms_too_complex"),
        (bytes(LIMIT + 1), "cms_too_large"),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else value,
)
def test_what_is_no_message_is_refused_quickly(data: bytes, code: str) -> None:
    with effort_below(5), pytest.raises(CmsInvalid) as refused:
        definite(data, limit=LIMIT)
    assert refused.value.code == code


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        made = definite(data, limit=LIMIT)
    except CmsInvalid:
        return
    assert definite(made, limit=LIMIT) == made


@given(data=st.binary(max_size=600), at=st.integers(0, 600))
def test_octets_under_another_tag_are_whole_or_in_pieces(data: bytes, at: int) -> None:
    assert octets(short(0x80, data)) == data
    assert octets(short(0xA0, short(4, data[:at]) + short(4, data[at:]))) == data


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80", b"\x80\x01", b"\x80\x00\x00", b"\xa0\x80\0\0", b"\xa0\x02\x05\x00", b"\xa0\x02\x04\x05"],
)
def test_octets_that_are_none(data: bytes) -> None:
    with pytest.raises(CmsInvalid):
        octets(data)
