"""What a stranger's table says, however it was written, and what is said of what it does not say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.domain.references import (
    FIELDS,
    MAX_CELL,
    MAX_LINES,
    NoTable,
    Reference,
    read_table,
    reference_of,
    same_issuer,
)

NAMES = {name: name for name in FIELDS} | {"étiquettes": "tags"}
ENVIRONMENTS = {"production": "production", "acceptatie": "acceptance"}
ISSUER = "CN=Issuing\\, CA,OU=eHealth-platform Belgium,O=Federal Government,C=BE"


def read(content: bytes) -> list[Reference]:
    """Return the references of a file."""
    return [reference_of(line, cells, ENVIRONMENTS) for line, cells in read_table(content, NAMES)]


@pytest.mark.parametrize(
    "content",
    [
        "Serial;Étiquettes\n1a2b;é".encode(),
        "\ufeffserial,étiquettes\r\n1a2b,é\r\n".encode(),
        "serial\tétiquettes\n1a2b\té".encode("utf-16"),
        "\ufeffserial;étiquettes\n1a2b;é".encode("utf-16-be"),
        "serial;étiquettes\n1a2b;é".encode("cp1252"),
        "\n\nserial;other;étiquettes;serial\n\n 1a2b ;x;é;ff\n;;;\n".encode(),
    ],
)
def test_however_a_spreadsheet_wrote_it(content: bytes) -> None:
    [one] = read(content)
    assert (one.serials, one.tags, one.problem) == (("1a2b",), ("é",), "")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty", 0),
        (b"\n \n", "empty", 0),
        (b"serial;tags\n", "empty", 0),
        (b"serial\n\0\n", "not_text", 0),
        ("serial\n1".encode("utf-16-le"), "not_text", 0),
        (b"PK\x03\x04\0\0", "not_text", 0),
        (b"what;is;this\n1;2;3", "no_head", 0),
        (b'serial;note\n1;a\n2;"never closed\n3;b\n', "broken", 3),
        (b"serial\n1\n" + b"1" * (MAX_CELL + 1), "too_long", 3),
        (b"serial\n1\n" + b"1" * 200_000, "too_long", 3),
        (b"serial\n1" + b";" * 100, "too_long", 2),
        (b"serial\n" + b"1\n" * (MAX_LINES + 1), "too_many", 0),
    ],
)
def test_what_is_no_table_says_why(content: bytes, code: str, line: int) -> None:
    with pytest.raises(NoTable) as refused:
        read(content)
    assert (refused.value.code, refused.value.line) == (code, line)


def test_a_line_keeps_its_number_beside_notes_of_several_lines() -> None:
    found = read(b'serial;note\n1;"two\nlines"\n\n2;x')
    assert [(one.line, one.note) for one in found] == [(2, "two\nlines"), (5, "x")]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"fingerprint": "AB:" * 31 + "AB"}, {"fingerprint": "ab" * 32}),
        ({"fingerprint": "SHA256 Fingerprint=" + "ab" * 32}, {"fingerprint": "ab" * 32}),
        ({"fingerprint": "ab" * 20}, {"problem": "fingerprint"}),
        ({"serial": "0x00AB 12"}, {"serials": ("ab12",)}),
        ({"serial": "0:01:23"}, {"serials": ("123", "7b")}),
        ({"serial": "1.23457E+25"}, {"problem": "serial"}),
        ({"serial": "-5"}, {"problem": "serial"}),
        ({"number": "0406.798.006", "type": "cbe"}, {"number": "0406798006", "type": "CBE"}),
        ({"number": "CBE=0406 798 006"}, {"number": "0406798006", "type": "CBE"}),
        ({"number": "85.07.30-033.28"}, {"problem": "number_of_person", "number": ""}),
        ({"type": "SSIN", "number": "1"}, {"problem": "number_of_person"}),
        ({"application": "LABO"}, {"application": "LABO", "problem": ""}),
        ({"application": "LABO", "environment": "Acceptatie"}, {"environment": "acceptance"}),
        ({"application": "LABO", "environment": "moon"}, {"problem": "environment"}),
        ({"note": "x"}, {"problem": "nothing"}),
        ({"serial": "1", "tags": "a, b;a|"}, {"tags": ("a", "b")}),
    ],
)  # fmt: skip
def test_a_line_is_read(cells: dict[str, str], told: dict[str, object]) -> None:
    found = reference_of(2, cells, ENVIRONMENTS)
    assert {name: getattr(found, name) for name in told} == told


def test_no_national_number_is_said() -> None:
    found = reference_of(2, {"number": "85073003328", "note": "of 85.07.30-033.28"}, ENVIRONMENTS)
    assert "033" not in str(found.said)


@pytest.mark.parametrize(
    ("told", "same"),
    [
        (ISSUER, True),
        ("C=BE, O=Federal Government, OU=eHealth-platform Belgium, CN = Issuing\\, CA", True),
        ("issuing\\, ca", True),
        ("CN=Issuing\\, CA", False),
        ("Another CA", False),
        ("", False),
    ],
)
def test_an_issuer_is_the_same_in_any_spelling(told: str, same: bool) -> None:
    assert same_issuer(told, ISSUER) is same


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=400)
    | st.text(max_size=300).map(lambda text: ("serial;note\n" + text).encode("utf-8", "replace"))
)
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    try:
        found = read(content)
    except NoTable:
        return
    assert all(one.line > 1 for one in found)
