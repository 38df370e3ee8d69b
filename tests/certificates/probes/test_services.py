"""The government's services asked over HTTP: what is available, when an incident opens and closes, what goes on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_django
from django.db.models import Sum
from lxml import etree

from certificates import certra
from certificates.certra.hearing import listen
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.watch.probes import Outcome
from certificates.errors.probes import MaintenanceRefused
from certificates.models import CertificateRequest, Incident, ProbedService, ServiceCall, ServiceHour
from certificates.services.probes.ask import ask_service, plan_services
from certificates.services.probes.fold import fold_calls
from certificates.services.probes.maintenance import announce_maintenance, end_maintenance
from certificates.services.probes.note import hear, hear_fetch, note
from certificates.services.probes.services import unsigned
from organisations.domain.work import Lane
from organisations.models import Circuit
from organisations.services.circuits import SharedCircuits
from organisations.tenancy import acting_for
from outside.circuits import keep_circuits
from outside.errors import NotSent
from outside.http import host_of
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import as_worker, claimable, is_due, work_off

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ASKED = {
    "certra": "GetGenericOrganizationTypes",
    "etkra": "CompleteETKRegistration",
    "etkdepot": "GetEtk",
}


@pytest.fixture(autouse=True)
def heard(every_call_is_made: None) -> None:
    """How services do is heard of every call, as the product does."""
    listen(hear)


@pytest.fixture
def services(government: SandboxProcess) -> dict[str, ProbedService]:
    """The rows of production, each asked once."""
    plan_services(datetime.now(UTC))
    for row in ProbedService.objects.all():
        ask(row)
    return {one.name: one for one in ProbedService.objects.filter(environment="production")}


def ask(row: ProbedService, times: int = 1) -> ProbedService:
    for _one in range(times):
        as_worker(lambda: ask_service(row.pk, row.pk, now=datetime.now(UTC)))
    row.refresh_from_db()
    return row


def away(government: SandboxProcess, kind: str, operation: str | None = None) -> None:
    government.control_post(
        "/control/faults", {"kind": kind, "environment": "production", "operation": operation}
    )


def test_each_service_is_there_and_nothing_is_changed_by_asking(
    services: dict[str, ProbedService], government: SandboxProcess
) -> None:
    assert set(ASKED) <= set(services)
    for name, row in services.items():
        assert row.is_available, (name, row.outcome, row.said)
        assert row.milliseconds is not None
        assert row.next_attempt_at is not None
    assert services["certra"].outcome == Outcome.ANSWERED
    assert services["etkra"].outcome == Outcome.ANSWERED, "its answer says that the signature is missing"
    assert not Incident.objects.exists()
    assert set(ServiceCall.objects.values_list("probe", flat=True)) == {True}
    before = government.control_get("/control/requests")
    for row in services.values():
        ask(row)
    assert government.control_get("/control/requests") == before


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("soa-02001", Outcome.MISSING),
        ("http-503", Outcome.MISSING),
        ("drop-before-commit", Outcome.BROKEN),
        ("not-xml", Outcome.BROKEN),
        ("soa-00001", Outcome.FAULTED),
        ("refused", Outcome.ANSWERED),
    ],
)
def test_what_counts_as_available(
    services: dict[str, ProbedService], government: SandboxProcess, kind: str, outcome: Outcome
) -> None:
    away(government, kind, ASKED["certra"])
    assert ask(services["certra"]).outcome == outcome


def test_an_incident_opens_after_three_failures_and_closes_with_the_first_answer(
    services: dict[str, ProbedService], government: SandboxProcess
) -> None:
    row = services["certra"]
    away(government, "soa-02001", ASKED["certra"])
    ask(row, 2)
    assert not Incident.objects.exists()
    since = row.failing_since
    ask(row, 3)
    incident = Incident.objects.get()
    assert (incident.service_id, incident.began_at, incident.ended_at) == (row.pk, since, None)
    assert incident.outcome == Outcome.MISSING
    assert "SOA-02001" in incident.said
    assert row.failed == 5
    government.control_post("/control/faults", method="DELETE")
    ask(row)
    incident.refresh_from_db()
    assert incident.ended_at is not None
    assert incident.ended_at > incident.began_at
    assert (row.failed, row.failing_since) == (0, None)
    assert ask(services["etkdepot"]).is_available, "another service was not touched"


def test_a_service_that_never_answered_is_an_incident_since_it_was_first_asked(
    government: SandboxProcess,
) -> None:
    away(government, "http-503")
    plan_services(datetime.now(UTC))
    row = ProbedService.objects.get(name="certra", environment="production")
    ask(row, 2)
    assert not Incident.objects.exists()
    ask(row, 3)
    assert (row.failed, row.available_at) == (5, None)
    assert Incident.objects.get().began_at == row.failing_since


def test_what_fails_in_announced_maintenance_counts_apart(
    services: dict[str, ProbedService], government: SandboxProcess
) -> None:
    row, now = services["certra"], datetime.now(UTC)
    made = announce_maintenance(
        Environment.PRODUCTION, "", begins_at=now, ends_at=now + HOUR, said="", noted_by="Kaat", now=now
    )
    away(government, "http-503")
    ask(row, 4)
    assert (row.outcome, row.failed) == (Outcome.MISSING, 0), "it is asked all the same"
    assert not Incident.objects.exists()
    fold_calls(datetime.now(UTC))
    hours = ServiceHour.objects.filter(service=row)
    assert hours.aggregate(Sum("calls"), Sum("available"), Sum("planned_calls")) == {
        "calls__sum": 1,
        "available__sum": 1,
        "planned_calls__sum": 4,
    }
    assert end_maintenance(made.pk, noted_by="Kaat", now=datetime.now(UTC))
    ask(row, 3)
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "begins", "lasts"),
    [("", 1, 0), ("", -5, 2), ("", 1, 24 * 7 + 1), ("nothing", 1, 2), ("", 9999, 2)],
)
def test_maintenance_that_cannot_be(db: None, name: str, begins: int, lasts: int) -> None:
    now = datetime.now(UTC)
    with pytest.raises(MaintenanceRefused):
        announce_maintenance(
            Environment.PRODUCTION, name, begins_at=now + begins * HOUR, ends_at=now + (begins + lasts) * HOUR,
            said="", noted_by="Kaat", now=now,
        )  # fmt: skip


def test_real_calls_to_an_authority_count_where_its_host_is_no_other_services(
    services: dict[str, ProbedService], settings: pytest_django.Settings
) -> None:
    settings.OCSP_ENDPOINTS = {
        "production": "http://ocsp.example/",
        "acceptance": "http://ocsp-acpt.example/",
    }
    plan_services(datetime.now(UTC))
    row = ProbedService.objects.get(name="ocsp", environment="production")
    hear_fetch("http://ocsp.example/a/list.crl", 200, None, 0.1)
    hear_fetch("http://ocsp.example/", 500, None, 0.1)
    hear_fetch("http://ocsp.example/", 0, NotSent("no time is left to send"), 0.1)
    hear_fetch("http://elsewhere.example/", 200, None, 0.1)
    calls = ServiceCall.objects.filter(service=row, probe=False).order_by("pk")
    assert list(calls.values_list("outcome", flat=True)) == ["answered", "broken"]
    settings.OCSP_ENDPOINTS = {"production": "http://ocsp.example/", "acceptance": "http://ocsp.example/"}
    hear_fetch("http://ocsp.example/", 200, None, 0.1)
    assert calls.count() == 2, "nobody could tell which of them was there"


def test_a_request_that_is_asked_during_an_incident_waits_and_goes_on_by_itself(
    services: dict[str, ProbedService], government: SandboxProcess, hospital: Hospital, holder: Holder
) -> None:
    assert holder.enrol().status_code == 201
    away(government, "http-503")
    row = ask(services["certra"], 3)
    assert Incident.objects.filter(ended_at=None).count() == 1
    request = hospital.request(application_id=f"T{uuid4().hex[:8].upper()}")
    request = hospital.step(request)
    assert request.state == RequestState.AWAITING_CONTRACT
    assert (request.problem or {})["kind"] == "transient"
    assert ServiceCall.objects.filter(service=row, probe=False, outcome=Outcome.MISSING).count() == 1
    request.next_attempt_at = datetime.now(UTC) + timedelta(hours=6)
    hospital_request(hospital, request.pk, request.next_attempt_at)
    government.control_post("/control/faults", method="DELETE")
    ask(row)
    assert not Incident.objects.filter(ended_at=None).exists()
    soon = datetime.now(UTC) + timedelta(seconds=21)
    assert is_due(request, hospital.organisation.pk, soon), "brought forward to within seconds"
    hospital_request(hospital, request.pk, datetime.now(UTC) - timedelta(seconds=1))
    work_off(Lane.ASKED)
    assert hospital.reload(request).state == RequestState.AWAITING_SIGNATURE


def hospital_request(hospital: Hospital, key: UUID, at: datetime) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=key).update(next_attempt_at=at)


def test_work_counts_beside_probes(
    services: dict[str, ProbedService], hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    assert holder.enrol().status_code == 201
    before = ProbedService.objects.get(pk=services["certra"].pk).answers
    hospital.step(hospital.request(application_id=f"T{uuid4().hex[:8].upper()}"))
    assert ProbedService.objects.get(pk=services["certra"].pk).answers > before
    assert ServiceCall.objects.filter(probe=False, service=services["certra"]).exists()


def test_a_host_that_rests_is_not_asked(
    services: dict[str, ProbedService], settings: pytest_django.Settings, every_call_is_made: None
) -> None:
    keep_circuits(SharedCircuits())
    row, now = services["certra"], datetime.now(UTC)
    until = now + timedelta(minutes=5)
    host = host_of(settings.CERTRA_ENDPOINTS["production"])
    Circuit.objects.create(host=host, failures=3, failing_since=now, open_until=until)
    calls = ServiceCall.objects.count()
    ProbedService.objects.filter(pk=row.pk).update(next_attempt_at=now - timedelta(seconds=1))
    ask(row)
    assert ServiceCall.objects.count() == calls
    assert row.next_attempt_at is not None
    assert row.next_attempt_at > until


def test_rows_follow_the_settings(
    services: dict[str, ProbedService], settings: pytest_django.Settings, government: SandboxProcess
) -> None:
    settings.OCSP_ENDPOINTS = {"production": f"{government.production}/pki/root.crl"}
    assert plan_services(datetime.now(UTC)) == 1
    row = ask(ProbedService.objects.get(name="ocsp", environment="production"))
    assert row.outcome == Outcome.ANSWERED
    settings.OCSP_ENDPOINTS = {}
    assert ask(row).next_attempt_at is None
    settings.OCSP_ENDPOINTS = {"production": f"{government.production}/pki/root.crl"}
    assert plan_services(datetime.now(UTC)) == 1


def test_workers_of_the_status_lane_take_them_up(government: SandboxProcess) -> None:
    plan_services(datetime.now(UTC))
    there = ProbedService.objects.count()
    assert len(claimable("service_probes")) == there


def test_calls_are_folded_by_the_hour_as_often_as_one_likes(services: dict[str, ProbedService]) -> None:
    row = services["certra"]
    ServiceCall.objects.all().delete()
    for milliseconds, outcome in ((5, "answered"), (12, "refused"), (12, "answered"), (900, "missing")):
        note(row.name, row.environment, Outcome(outcome), "", seconds=milliseconds / 1000)
    for _again in range(2):
        fold_calls(datetime.now(UTC))
        [hour] = ServiceHour.objects.filter(service=row)
        assert (hour.calls, hour.available) == (4, 3)
        assert hour.latencies[:3] == [1, 2, 0]
        assert sum(hour.latencies) == 3


def test_what_is_asked_is_what_the_schema_has() -> None:
    """A service is asked nothing that a schema refuses: its answer would say nothing of it."""
    contract = Path(certra.__file__).parent / "contract" / "etkra-protocol.xsd"
    schema = etree.XMLSchema(etree.parse(str(contract)))
    schema.assertValid(etree.fromstring(unsigned()))
