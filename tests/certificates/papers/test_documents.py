"""The papers' PDFs: the same for the same facts, tagged, in every language, and with every name of Europe."""

import re
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from certificates.domain.papers import (
    ACCEPTANCE_KINDS,
    GROUPS,
    MOVES,
    PaperKind,
    PaperState,
    PaperTime,
    is_pdf,
    may_move,
    time_of,
    typed_fields,
)
from certificates.papers.sheet import unprintable
from certificates.papers.words import LANGUAGES, words_in
from certificates.papers.writer import PaperFacts, write_paper

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
ROOT = Path(__file__).resolve().parents[3]


def _facts(kind: PaperKind, language: str, **changes: str) -> PaperFacts:
    names = [name for group in GROUPS[kind] for name in group.known]
    names += [field.name for field in typed_fields(kind)]
    values = {name: f"Waarde van {name}" for name in names} | {"profiles": "Arts\n\nApotheker"} | changes
    environment = "acceptance" if kind in ACCEPTANCE_KINDS else "production"
    return PaperFacts(
        kind, language, "2026-0A1B2C3D", environment, values, TODAY, TODAY + timedelta(days=365)
    )


def _streams(document: bytes) -> bytes:
    """Every stream that can be inflated, one after another."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL)
    out = []
    for stream in found:
        try:
            out.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(out)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(PaperKind))
def test_a_paper_is_one_tagged_page_and_always_the_same(kind: PaperKind, language: str) -> None:
    document = write_paper(_facts(kind, language), now=NOW)
    assert is_pdf(document)
    assert document == write_paper(_facts(kind, language), now=NOW)
    assert document != write_paper(_facts(kind, language), now=NOW + timedelta(days=1))
    assert f"/Lang ({language})".encode() in document
    assert b"/MarkInfo" in document
    assert b"/S /H1" in document
    assert b"/Title" in document
    assert len(re.findall(rb"/Type /Page\b", document)) == 1
    marked = _streams(document)
    assert marked.count(b" BDC") + marked.count(b"/Artifact BMC") == marked.count(b"EMC")


def test_a_long_paper_keeps_its_signature_with_what_is_signed() -> None:
    long = "\n".join(f"Profiel {number} met een lange omschrijving van wat het mag" for number in range(60))
    document = write_paper(_facts(PaperKind.TEST_CASES, "nl", profiles=long), now=NOW)
    assert len(re.findall(rb"/Type /Page\b", document)) >= 2


def test_acceptance_is_in_its_own_colour() -> None:
    violet = b"0.4157 0.1529 0.651 rg"
    for kind in PaperKind:
        document = write_paper(_facts(kind, "nl"), now=NOW)
        assert (violet in _streams(document)) is (kind in ACCEPTANCE_KINDS), kind


@pytest.mark.parametrize(
    "name",
    [
        "Zdzisława Ćwikła",
        "Đặng Thị Hồng",
        "Ștefănescu",
        "Κωνσταντίνος",
        "Жанна Щукіна",
        "Guðrún Þórs",
        "Şahin İnce",
    ],
)
def test_names_can_be_printed(name: str) -> None:
    assert unprintable(name) == ""
    assert is_pdf(write_paper(_facts(PaperKind.FOREIGN_DECLARATION, "fr", name=name), now=NOW))


def test_what_the_typeface_lacks_is_named() -> None:
    assert unprintable("張 偉 张\nA") == "張偉张"
    assert unprintable("a\tb\x07") == "\t\x07"


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_can_be_printed(language: str) -> None:
    """No-break spaces too, which French has before its marks."""
    texts = (ROOT / "certificates" / "papers" / "texts" / f"{language}.toml").read_text("utf-8")
    assert unprintable(texts) == ""
    assert ("\u00a0" in texts) is (language == "fr")


def test_every_language_has_every_word() -> None:
    dutch = words_in("nl")
    groups = {group.name for kind in PaperKind for group in GROUPS[kind]} | {"period", "statements"}
    fields = {field.name for kind in PaperKind for field in typed_fields(kind)} | {"period"}
    fields |= {name for kind in PaperKind for group in GROUPS[kind] for name in group.known}
    for language in LANGUAGES:
        words = words_in(language)
        assert set(words.common) == set(dutch.common)
        assert set(words.groups) == groups
        assert set(words.fields) == fields
        assert set(words.papers) == set(PaperKind)
        for kind, paper in words.papers.items():
            assert len(paper.statements) == len(dutch.papers[kind].statements)
            assert len(paper.signers) == len(dutch.papers[kind].signers)
            assert all((paper.title, paper.opening, *paper.statements, *paper.signers))
    with pytest.raises(KeyError):
        words_in("../nl")


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"", False),
        (b"%PDF-1.7\n", False),
        (b"%PDF-1.7\n...startxref\n9\n%%EOF\n", True),
        (b"\xef\xbb\xbf%PDF-2.0\n...startxref\n9\n%%EOF", True),
        (b"%PDF-3.0\n...startxref\n9\n%%EOF", False),
        (b"<html>%PDF-1.7 startxref %%EOF", False),
        (b"PK\x03\x04" + b"startxref %%EOF", False),
        (b"%PDF-1.4\nstartxref\n%%EOF" + b"\0" * 4096, False),
    ],
)
def test_what_counts_as_a_pdf(content: bytes, verdict: bool) -> None:
    assert is_pdf(content) is verdict


@pytest.mark.parametrize(
    ("ends_on", "expected"),
    [
        (None, PaperTime.OPEN),
        (TODAY - timedelta(days=1), PaperTime.OVER),
        (TODAY, PaperTime.ENDS_SOON),
        (TODAY + timedelta(days=60), PaperTime.ENDS_SOON),
        (TODAY + timedelta(days=61), PaperTime.RUNNING),
    ],
)
def test_how_a_period_lies(ends_on: date | None, expected: PaperTime) -> None:
    assert time_of(ends_on, TODAY) is expected


def test_a_paper_goes_forward_only() -> None:
    order = list(PaperState)
    for old, new in ((old, new) for old in PaperState for new in PaperState):
        assert may_move(old, new) is (order.index(new) > order.index(old))
    assert set(MOVES) == set(PaperState)


def test_the_longest_values_keep_to_their_pages() -> None:
    for kind in PaperKind:
        values = {
            field.name: "\n".join(["W" * (field.most // field.lines - 1)] * field.lines)
            for field in typed_fields(kind)
        }
        document = write_paper(_facts(kind, "fr", **values), now=NOW)
        marked = _streams(document)
        assert marked.count(b" BDC") + marked.count(b"/Artifact BMC") == marked.count(b"EMC")
        for page in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
            try:
                content = zlib.decompress(page)
            except zlib.error:
                continue
            opened = content.count(b" BDC") + content.count(b" BMC")
            assert opened == content.count(b"EMC"), "no block is cut by the end of a page"
