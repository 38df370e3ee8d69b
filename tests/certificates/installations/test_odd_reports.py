"""At the door of reports: a good key store beside any odd one is always taken, and what is not taken is named."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.wire.jobs import KNOWS_HEADER
from tests.certificates.installations.test_reports import entry, report, reporter, rows
from tests.certificates.stages import tag
from tests.certificates.web.shelf import shelve
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.odd_reports import odd_installations

pytestmark = pytest.mark.usefixtures("government")
__all__ = ["reporter"]
ODD = odd_installations(entry("odd.p12"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(ODD, max_size=3), after=st.lists(ODD, max_size=3))
@example(before=[entry("odd.p12", not_after="9999-12-31T23:59:59-14:00")], after=[])
@example(before=[entry("odd.p12")], after=[entry("odd.p12")])
def test_a_good_one_is_taken_beside_any_odd_one(
    hospital: Hospital, reporter: Holder, before: list[Any], after: list[Any]
) -> None:
    certificate = shelve(hospital.organisation, tag(), 300)
    place = f"{certificate.pk}.p12"
    body = report(*before, entry(place, certificate), *after)
    answer = reporter.call("POST", "/agent/v1/installations", body, headers={KNOWS_HEADER: "left_out"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["matched"] >= 1
    assert told["matched"] + told["unknown"] == len(before) + 1 + len(after)
    assert len(before) not in {one["number"] for one in told.get("left_out", [])}
    [row] = [row for row in rows(hospital) if row.path.endswith(place)]
    assert (row.certificate_id, row.gone_at) == (certificate.pk, None)


def test_it_is_named_to_an_agent_that_knows_the_word_and_counted_for_any_other(
    hospital: Hospital, reporter: Holder
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    bad = entry("SSIN=85073003328.p12")
    body = report(entry("good.p12", certificate), bad, entry("x.p12", serial="five"), entry("good.p12"))
    counts = {"matched": 1, "unknown": 3, "gone": 0}
    named = [
        {"number": 1, "why": "national_number"},
        {"number": 2, "why": "serial"},
        {"number": 3, "why": "path"},
    ]
    for knows, told in (
        ("", counts),
        ("store_format", counts),
        ("left_out,store_format", counts | {"left_out": named}),
        ("store_format, left_out", counts | {"left_out": named}),
    ):
        answer = reporter.call("POST", "/agent/v1/installations", body, headers={KNOWS_HEADER: knows})
        assert (answer.status_code, answer.json()) == (200, told), knows
        assert "85073003328" not in json.dumps(answer.json())
    good = report(entry("good.p12", certificate))
    answer = reporter.call("POST", "/agent/v1/installations", good, headers={KNOWS_HEADER: "left_out"})
    assert answer.json() == {"matched": 1, "unknown": 0, "gone": 0}
