"""What cannot be read in a report is named, one by one, and takes nothing from what stands beside it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import JobMalformed
from agent.wire.limits import MAX_INSTALLATIONS
from agent.wire.link.installations import InstallationReport, InstallationsMatched, LeftOut
from tests.support.odd_reports import odd_installations
from tests.wire.link.test_installations import NAMED, OPENED, REPORT


def document(*installations: object) -> dict[str, object]:
    return REPORT.to_json() | {"installations": list(installations)}


@given(
    before=st.lists(odd_installations(OPENED.to_json()), max_size=4),
    after=st.lists(odd_installations(OPENED.to_json()), max_size=4),
)
def test_a_good_one_is_taken_beside_any_odd_one(before: list[Any], after: list[Any]) -> None:
    good = OPENED.to_json() | {"path": "/the/good/one.p12"}
    report, left_out = InstallationReport.with_left_out(document(*before, good, *after))
    assert "/the/good/one.p12" in {one.path for one in report.installations}
    assert len(report.installations) + len(left_out) == len(before) + 1 + len(after)
    assert len(before) not in {one.number for one in left_out}
    assert report.complete is not bool(left_out), "what was left out is not gone"
    answer = InstallationsMatched(0, 0, 0, left_out)
    assert InstallationsMatched.from_json(answer.to_json()) == answer
    assert InstallationReport.from_json(report.to_json()) == report


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fingerprint": "AB" * 32}, "fingerprint"),
        ({"serial": "0x12"}, "serial"),
        ({"subject": "x" * 1025}, "subject"),
        ({"subject": "CN=SSIN=85073003328"}, "national_number"),
        ({"path": "/home/SSIN=85073003328 20260101-101500.p12"}, "national_number"),
        ({"path": "a\0b"}, "path"),
        ({"path": "\ud800"}, "path"),
        ({"file_digest": None}, "file_digest"),
        ({"environment": "test"}, "environment"),
        ({"not_after": "2029-01-01"}, "not_after"),
        ({"estimated": 1}, "estimated"),
        ({"surprise": 1}, "shape"),
        ({"path": NAMED.path}, "path"),
    ],
)
def test_it_is_told_why_by_its_place_and_without_what_stood_there(changes: dict[str, Any], why: str) -> None:
    report, left_out = InstallationReport.with_left_out(document(NAMED.to_json(), OPENED.to_json() | changes))
    assert (report.installations, left_out) == ((NAMED,), (LeftOut(1, why),))


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}])
def test_what_is_no_installation_at_all(odd: object) -> None:
    _report, left_out = InstallationReport.with_left_out(document(odd))
    assert left_out == (LeftOut(0, "shape"),)


def test_an_answer_of_before_reads_as_ever_and_one_of_today_is_read_strictly() -> None:
    counts = {"matched": 1, "unknown": 1, "gone": 0}
    assert InstallationsMatched.from_json(counts).left_out == ()
    assert InstallationsMatched(1, 1, 0).to_json() == counts, "nothing new where nothing is to be told"
    wrongs: tuple[object, ...] = (
        None,
        {},
        [{"number": 0}],
        [{"number": -1, "why": "path"}],
        [{"number": MAX_INSTALLATIONS, "why": "path"}],
        [{"number": True, "why": "path"}],
        [{"number": 0, "why": "85073003328"}],
        [{"number": 0, "why": "path", "path": "/x"}],
        [{"number": 0, "why": "path"}] * (MAX_INSTALLATIONS + 1),
    )
    for wrong in wrongs:
        with pytest.raises(JobMalformed):
            InstallationsMatched.from_json(counts | {"left_out": wrong})
