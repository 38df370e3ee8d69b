"""The page of the government's services, and what pages that wait say while one is away."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agent.wire.days import BRUSSELS
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.watch.probes import Week
from certificates.models import Incident, Maintenance, ProbedService, ServiceHour, ServiceTargets
from certificates.selectors.probes import Expected, months
from organisations.models import AuditEvent, User
from organisations.tenancy import acting_for
from tests.certificates.probes.months import half_a_year, hour, service, was_away
from tests.certificates.web.shelf import ask
from tests.ehportal.operation.metrics import scraped
from tests.organisations.web.members import own_queries, signed_in
from tests.support.hospital import Hospital

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Belgium."""


def targets(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"percent": "99.5", "milliseconds": "2000", "without_holidays": "on"}
    for day in range(7):
        values |= {f"from_{day}": "8", f"until_{day}": "18" if day < 5 else "8"}
    return values | changes


def test_figures_against_what_is_expected(administrator: Client) -> None:
    one = service(now=timezone.now())
    hour(one, timezone.now(), calls=200, lost=1)
    page = administrator.get("/services/").content.decode()
    assert "99.50 %" in page
    assert "As expected" in page
    assert "SOA" not in page
    answer = administrator.post("/services/targets", targets(percent="99.9", without_holidays=""))
    assert answer.status_code == 302
    all_day = {f"{word}_{day}": hours for day in range(7) for word, hours in (("from", "0"), ("until", "24"))}
    assert administrator.post("/services/targets", targets(percent="99.9", **all_day)).status_code == 302
    page = administrator.get("/services/").content.decode()
    assert "expected: 99.90 %" in page
    assert '<span class="state bad">No</span>' in page
    administrator.post("/services/targets", targets(percent="99.5", **all_day))
    assert '<span class="state good">Yes</span>' in administrator.get("/services/").content.decode()


def test_hours_that_do_not_count_are_left_out(db: None) -> None:
    one = service(now=NOW)
    hour(one, NOW)
    hour(one, NOW - timedelta(hours=6), lost=15)
    hour(one, NOW - timedelta(days=1), lost=15)
    hour(one, datetime(2026, 11, 11, 10, tzinfo=UTC), lost=15)
    week = Week(((8, 18),) * 5 + (None, None))
    [(first, found)] = months(NOW, Expected(week=week, without_holidays=True)).items()
    assert (first.month, found[one.pk].percent) == (11, 100.0)
    [(_first, found)] = months(NOW, Expected(week=week)).items()
    assert found[one.pk].percent == 50.0
    [(_first, found)] = months(NOW, Expected()).items()
    assert found[one.pk].percent == 25.0
    # The last hour of a month belongs to it in Belgium, whatever it is in UTC.
    hour(one, datetime(2026, 10, 31, 22, 30, tzinfo=UTC))
    hour(one, datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    told = months(NOW, Expected())
    assert [(day.month, found[one.pk].calls) for day, found in told.items()] == [(11, 75), (10, 15)]


@pytest.mark.parametrize(
    "wrong",
    [{"percent": "101"}, {"percent": "0"}, {"milliseconds": "0"}, {"milliseconds": "60001"}, {"from_0": "19"},
     {"from_0": "25"}, {"percent": "x"}, {f"until_{day}": "8" for day in range(7)}],
)  # fmt: skip
def test_targets_that_cannot_be(administrator: Client, hospital: Hospital, wrong: dict[str, str]) -> None:
    answer = administrator.post("/services/targets", targets(**wrong))
    assert answer.status_code == 422
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not ServiceTargets.objects.exists()


def test_targets_are_each_organisations_own(
    administrator: Client, viewer: Client, stranger: Client, hospital: Hospital
) -> None:
    service(now=timezone.now())
    assert administrator.post("/services/targets", targets(percent="98.7")).status_code == 302
    assert viewer.post("/services/targets", targets()).status_code == 403
    assert Client().post("/services/targets", targets()).status_code == 302
    assert "98.7" in viewer.get("/services/").content.decode()
    assert "98.7" not in stranger.get("/services/").content.decode()
    assert 'action="/services/targets"' not in viewer.get("/services/").content.decode()
    assert Client().get("/services/").status_code == 302
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AuditEvent.objects.filter(action="service_targets_set").count() == 1


def test_pages_that_wait_say_since_when_and_that_it_goes_on(
    administrator: Client, hospital: Hospital
) -> None:
    waiting = ask(hospital, RequestState.AWAITING_CERTIFICATE)
    test = ask(hospital, RequestState.AWAITING_CERTIFICATE, environment=Environment.ACCEPTANCE)
    done = ask(hospital, RequestState.COMPLETED)
    said = "CertRA of the government (Production) has not answered since"
    pages = ("/", f"/requests/{waiting.pk}/", f"/sign/{waiting.pk}/")
    assert not any(said in administrator.get(path).content.decode() for path in pages)
    page = administrator.get(f"/requests/{waiting.pk}/").content.decode()
    [status] = re.findall(r'hx-get="([^"]+)"', page)
    incident = was_away(service(now=timezone.now()), timezone.now() - timedelta(minutes=20))
    for path in ("/", f"/requests/{waiting.pk}/"):
        text = administrator.get(path).content.decode()
        assert said in text, path
        assert "goes on by itself" in text
    for other in (test, done):
        assert said not in administrator.get(f"/requests/{other.pk}/").content.decode()
    assert said in administrator.get(status.replace("&amp;", "&")).content.decode(), (
        "an open page hears of it"
    )
    Incident.objects.filter(pk=incident.pk).update(ended_at=timezone.now())
    assert said not in administrator.get("/").content.decode()
    assert "SOA-02001" in administrator.get("/services/").content.decode()


def test_the_states_of_a_service(administrator: Client) -> None:
    now = timezone.now()
    service("etkra", now=now, outcome="", heard_at=None, available_at=None)
    service("etkdepot", now=now, outcome="unreachable", available_at=None)
    service("certra", now=now, outcome="late")
    service("new-one", now=now)
    page = administrator.get("/services/").content.decode()
    for words in ("Not asked yet", "Never reached from here", "Did not answer just now", "new-one"):
        assert words in page


def test_single_services_may_be_expected_otherwise(administrator: Client) -> None:
    for row in (service(now=timezone.now()), service("sts", now=timezone.now())):
        hour(row, timezone.now(), calls=200, lost=1)
    all_day = {f"{word}_{day}": hours for day in range(7) for word, hours in (("from", "0"), ("until", "24"))}
    given = targets(percent="99.9", milliseconds="", percent_sts="99", without_holidays="", **all_day)
    assert administrator.post("/services/targets", given).status_code == 302
    page = administrator.get("/services/").content.decode()
    assert page.count("expected: 99.90 %") == page.count("expected: 99 %") == 1
    assert (
        page.count('<span class="state bad">No</span>')
        == page.count('<span class="state good">Yes</span>')
        == 1
    )
    assert administrator.post("/services/targets", given | {"percent_sts": "101"}).status_code == 422


def test_one_that_was_never_reached_is_told_so(administrator: Client) -> None:
    now = timezone.now()
    was_away(service(now=now, outcome="unreachable", available_at=None), now - timedelta(days=3))
    assert "was never reached from here, since" in administrator.get("/").content.decode()
    assert "Never reached from here" in administrator.get("/services/").content.decode()


def test_an_operator_writes_maintenance_down_and_all_read_of_it(viewer: Client) -> None:
    user = User.objects.create_user(
        "kaat@ehportal.example", full_name="Kaat", language="en", is_operator=True
    )
    operator, now = signed_in(user), timezone.localtime(timezone.now(), BRUSSELS)
    row = service(now=timezone.now())
    hour(row, timezone.now(), calls=10)
    ServiceHour.objects.update(planned_calls=4, planned_available=1)
    given = {
        "environment": "production", "name": "certra", "said": "New release of CertRA",
        "begins_at": (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    assert viewer.post("/operation/services/", given).status_code == 404
    assert operator.post("/operation/services/", given | {"ends_at": given["begins_at"]}).status_code == 422
    assert operator.post("/operation/services/", given).status_code == 302
    assert "New release of CertRA" in operator.get("/operation/services/").content.decode()
    page = viewer.get("/services/").content.decode()
    assert "Announced maintenance until" in page
    assert "beside them 4 calls in announced maintenance, 1 answered" in page
    assert "New release of CertRA" in page
    path = f"/operation/services/{Maintenance.objects.get().pk}/end/"
    assert viewer.post(path).status_code == 404
    assert operator.post(path).status_code == 302
    assert "New release of CertRA" not in viewer.get("/services/").content.decode()
    assert operator.post(path).status_code == 302, "over already"


def test_it_costs_the_same_for_a_day_and_half_a_year(administrator: Client) -> None:
    now = timezone.now()
    hour(service("few", now=now), now)
    _page, few = own_queries(administrator, "/services/")
    half_a_year(now)
    _page, many = own_queries(administrator, "/services/")
    assert many == few


def test_metrics_tell_of_each_service(administrator: Client, client: Client) -> None:
    now = timezone.now()
    service(now=now, answers=7, failures=2)
    was_away(service("etkra", now=now, outcome="late", failures=3), now - timedelta(minutes=5))
    assert scraped(client, "ehportal_service_available") == {
        ("production", "certra"): 1,
        ("production", "etkra"): 0,
    }
    calls = scraped(client, "ehportal_service_calls_total")
    assert calls[("production", "available", "certra")] == 7
    assert calls[("production", "unavailable", "etkra")] == 3
    [away] = scraped(client, "ehportal_service_incident_seconds").values()
    assert 300 <= away < 3600
    ProbedService.objects.update(next_attempt_at=None)
    assert scraped(client, "ehportal_service_available") == {}
