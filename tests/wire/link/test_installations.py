"""A report of installations: public facts, strictly read, and no national number in it."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import JobMalformed
from agent.wire.limits import MAX_INSTALLATIONS, MAX_REPORT_BYTES
from agent.wire.link.installations import Installation, InstallationReport, InstallationsMatched
from agent.wire.masking import holds_national_number, mask_national_numbers

OPENED = Installation(
    fingerprint="ab" * 32,
    public_key_identifier="cd" * 20,
    serial="226610022272365739200373042806172494503385832652",
    subject="CN=CBE\\=0406798006\\, APP,OU=eHealth-platform Belgium,C=BE",
    path="/home/an/ehealth/keystore/CBE=0406798006,APP 20260101-101500.p12",
    file_digest="ef" * 32,
    package="Care Suite",
    environment="production",
    not_after=datetime(2029, 1, 1, tzinfo=UTC),
    estimated=False,
)
NAMED = Installation(
    None,
    None,
    None,
    None,
    "C:\\Users\\an\\SSIN=•• 20260101-101500.acc-p12",
    "01" * 32,
    None,
    "acceptance",
    None,
    True,
)
REPORT = InstallationReport("ward-3", True, ("/home/an/ehealth/keystore",), (OPENED, NAMED))


def _document() -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(REPORT.to_json())
    return made


def test_a_report_and_its_answer_read_back() -> None:
    assert InstallationReport.from_json(_document()) == REPORT
    assert InstallationReport.from_json(json.dumps(_document()).encode()) == REPORT
    matched = InstallationsMatched(1, 2, 3)
    assert InstallationsMatched.from_json(matched.to_json()) == matched
    wrongs: tuple[object, ...] = (
        {},
        {"matched": 1, "unknown": -1, "gone": 0},
        {"matched": True, "unknown": 1, "gone": 0},
        [],
    )
    for wrong in wrongs:
        with pytest.raises(JobMalformed):
            InstallationsMatched.from_json(wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fingerprint", "AB" * 32),
        ("fingerprint", "ab" * 31),
        ("public_key_identifier", "cd" * 32),
        ("serial", "0x12"),
        ("serial", "1" * 61),
        ("subject", "CN=SSIN=85073003328"),
        ("subject", "x" * 1025),
        ("path", ""),
        ("path", None),
        ("path", "/home/SSIN=85073003328 20260101-101500.p12"),
        ("path", "/home/85.07.30-033.28/x.p12"),
        ("path", "a\0b"),
        ("path", "x" * 501),
        ("file_digest", None),
        ("file_digest", "zz" * 32),
        ("package", ""),
        ("package", "x" * 101),
        ("environment", "test"),
        ("not_after", "2029-01-01"),
        ("not_after", 5),
        ("estimated", 1),
        ("estimated", None),
    ],
)
def test_an_installation_is_read_strictly(name: str, value: object) -> None:
    document = _document()
    document["installations"][0][name] = value
    with pytest.raises(JobMalformed):
        InstallationReport.from_json(document)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("machine", ""),
        ("machine", "x" * 101),
        ("machine", "85073003328"),
        ("complete", "yes"),
        ("folders", []),
        ("folders", ["/x/SSIN=85073003328"]),
        ("folders", ["/x"] * 51),
        ("installations", None),
        ("installations", [NAMED.to_json()] * 2),
        ("installations", [{**NAMED.to_json(), "path": f"/{n}"} for n in range(MAX_INSTALLATIONS + 1)]),
        ("surprise", 1),
    ],
)
def test_a_report_is_read_strictly(name: str, value: object) -> None:
    document = _document()
    document[name] = value
    with pytest.raises(JobMalformed):
        InstallationReport.from_json(document)


def test_a_report_is_bounded_before_it_is_parsed() -> None:
    with pytest.raises(JobMalformed):
        InstallationReport.from_json(b" " * MAX_REPORT_BYTES + b"{}")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("SSIN=85073003328 20200827-144621.p12", "SSIN=•• 20200827-144621.p12"),
        ("CN=SSIN\\=85073003328,OU=SSIN=85073003328", "CN=SSIN\\=••,OU=SSIN=••"),
        ("ssin=12345", "ssin=••"),
        ("/an/00010100105/x", "/an/••/x"),
        ("85.07.30-033.28", "••"),
        ("BIS=85273003371", "BIS=••"),
        ("CBE=0406798006", "CBE=0406798006"),
        (
            "226610022272365739200373042806172494503385832652",
            "226610022272365739200373042806172494503385832652",
        ),
        ("20260101-101500", "20260101-101500"),
    ],
)
def test_national_numbers_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    assert mask_national_numbers(text) == masked


@given(st.text(alphabet="SIN=0123456789.-\\ abc", max_size=60))
def test_masking_is_done_at_once(text: str) -> None:
    assert not holds_national_number(mask_national_numbers(text))
