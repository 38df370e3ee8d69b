"""National numbers are found however their digits are written, and in time that grows with the length of the text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.masking import MASK, holds_national_number, mask_national_numbers
from organisations.domain.identifiers import mask_ssins

NUMBER = "85073003328"
GROUPS = ("85", "07", "30", "033", "28")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WRITTEN = [
    NUMBER,
    NUMBER.translate(FULL_WIDTH),
    NUMBER.translate(ARABIC),
    *(
        mark.join(GROUPS)
        for mark in (" ", ".", "-", "/", "_", ":", " : ", "\u00a0", "\u202f", "\u2009", "–", "\t")
    ),
    *(mark.join(NUMBER) for mark in ("\u200b", "\u00ad", "\ufeff", "\u2060", "\u200d", " ", "\u00a0")),
    "85.07.30-033.28",
    "850730\u00ad033\u200b28",
    "８５.07.30-033.28",
]


@pytest.mark.parametrize("written", WRITTEN, ids=ascii)
@pytest.mark.parametrize("around", ["{}", "An Peeters {}", "CN=SSIN={}", "({})", "“{}”, arts"])
def test_a_number_is_found_however_it_is_written(written: str, around: str) -> None:
    text = around.format(written)
    assert holds_national_number(text)
    for masked in (mask_national_numbers(text), mask_ssins(text)):
        assert written not in masked
        assert MASK in masked
        assert sum(one.isdecimal() for one in masked) <= 2, "at most the two last digits are kept"


@pytest.mark.parametrize(
    "text",
    [
        "85073003329",
        "CBE=0406798006",
        "+32 475 12 34 56",
        "2026-11-29 18:53:03.123456",
        "20260101-101500",
        "192.168.100.200:8080",
        "1f85073003328abcdef0123456789abcdef01234",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_national_numbers(text) == text
    assert mask_ssins(text) == text


@given(st.text(alphabet="8507303328٠１ .-_:\u200b\u00ad\u00a0ab", max_size=80))
def test_what_is_masked_once_is_masked(text: str) -> None:
    masked = mask_national_numbers(text)
    assert mask_national_numbers(masked) == masked


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1\u200b", "12 34 56 789 01 ", "0123456789abcdef0123- 85073003329 "]
)
def test_long_texts_cost_what_their_length_is(piece: str) -> None:
    began = time.process_time()
    mask_ssins(piece * (400_000 // len(piece)))
    # It takes less than a second; the square of the length would take hours.
    assert time.process_time() - began < 20
