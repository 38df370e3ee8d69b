"""Somebody leaves: what could be done in their name ends, what was signed goes on, and all of it is in the record."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from certificates.domain.lifecycle import CANCELLABLE_STATES, FINAL_STATES, RequestState
from certificates.domain.revocation import RevocationState
from certificates.models import AgentJob, CertificateRequest, RecordsInquiry, Revocation
from certificates.models.job import JobKind, JobState
from certificates.models.records import InquiryState
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Mandate, Membership, Person
from organisations.services.mandates import withdraw_mandate
from organisations.tenancy import acting_for
from tests.certificates.web.people.test_devices import make_device
from tests.certificates.web.shelf import ask, shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def today() -> date:
    """Asked when a test runs: the day on which the tests were collected may be over by then."""
    return belgian_day(datetime.now(UTC))


@pytest.fixture
def page(hospital: Hospital) -> str:
    return f"/organisation/people/{hospital.holder.pk}/leave/"


def leave(client: Client, page: str, day: date) -> str:
    return client.post(page, {"left_on": str(day)}, follow=True).content.decode()


def reload(hospital: Hospital) -> Person:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Person.objects.get(pk=hospital.holder.pk)


def test_mandates_roles_and_unsigned_requests_end(
    administrator: Client, hospital: Hospital, page: str, today: date
) -> None:
    made = {state: ask(hospital, state) for state in RequestState}
    shown = administrator.get(page).content.decode()
    assert "CBE=0406798006" in shown
    assert "Certificate holder" in shown
    done = leave(administrator, page, today)
    assert "An Marie Peeters is marked as having left." in done
    assert "3 requests were withdrawn" in done
    with acting_for([hospital.organisation.pk], as_platform=True):
        states = dict(CertificateRequest.objects.values_list("pk", "state"))
        for state, request in made.items():
            expected = RequestState.CANCELLED if state in CANCELLABLE_STATES else state
            assert states[request.pk] == expected, state
        assert str(Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on) == str(today)
        assert not Membership.objects.filter(user=hospital.holder_user).exists()
        recorded = list(AuditEvent.objects.order_by("happened_at").values_list("action", flat=True))
    assert [recorded.count(one) for one in ("person_left", "mandate_withdrawn", "role_taken")] == [1, 1, 1]
    assert recorded.count("request_cancelled") == 3 + 1, "and the one that was cancelled before"
    assert reload(hospital).left_on == today
    assert administrator.get(page).status_code == 404, "once"


def test_revocations_and_inquiries_that_wait_for_the_card_end_too(
    administrator: Client, hospital: Hospital, page: str, today: date
) -> None:
    now = datetime.now(UTC)
    certificate = shelve(hospital.organisation, "LABO", 500)
    with acting_for([hospital.organisation.pk], as_platform=True):
        revocations = {
            state: Revocation.objects.create(
                organisation=hospital.organisation,
                certificate=certificate if state is RevocationState.AWAITING_SIGNATURE else other,
                reason="superseded",
                holder=hospital.holder,
                requested_by=hospital.administrator,
                state=state,
                state_since=now,
            )
            for state, other in (
                (RevocationState.AWAITING_SIGNATURE, certificate),
                (RevocationState.AWAITING_EVIDENCE, shelve(hospital.organisation, "APO", 500)),
            )
        }
        inquiry = RecordsInquiry.objects.create(
            organisation=hospital.organisation,
            environment="production",
            holder=hospital.holder,
            requested_by=hospital.administrator,
            state=InquiryState.AWAITING_SIGNATURE,
        )
        job = AgentJob.objects.create(
            id="A" * 22,
            organisation=hospital.organisation,
            kind=JobKind.READ_RECORDS,
            inquiry=inquiry,
            holder=hospital.holder,
            expires_at=now + timedelta(days=1),
        )
    shown = administrator.get(page).content.decode()
    assert "Revocations not signed yet" in shown
    assert f"/certificates/{certificate.pk}/" in shown
    done = leave(administrator, page, today)
    assert "1 revocation was withdrawn: have another holder revoke that certificate." in done
    with acting_for([hospital.organisation.pk], as_platform=True):
        states = dict(Revocation.objects.values_list("pk", "state"))
        assert states[revocations[RevocationState.AWAITING_SIGNATURE].pk] == RevocationState.CANCELLED
        assert states[revocations[RevocationState.AWAITING_EVIDENCE].pk] == RevocationState.AWAITING_EVIDENCE
        inquiry.refresh_from_db()
        job.refresh_from_db()
        assert (inquiry.state, job.state) == (InquiryState.CANCELLED, JobState.CLOSED)
        recorded = set(AuditEvent.objects.values_list("action", flat=True))
    assert recorded >= {"revocation_cancelled", "inquiry_cancelled"}


def test_what_goes_on_is_said_before(administrator: Client, hospital: Hospital, page: str) -> None:
    signed = ask(hospital, RequestState.AWAITING_CERTIFICATE)
    unsigned = ask(hospital, RequestState.AWAITING_SIGNATURE)
    stored = ask(hospital, RequestState.COMPLETED)
    answer, made = own_queries(administrator, page)
    shown = answer.content.decode()
    assert made == 7
    for request in (signed, unsigned):
        assert f"/requests/{request.pk}/" in shown
    assert f"/certificates/{stored.certificate_id}/" in shown
    for _ in range(5):
        ask(hospital, RequestState.AWAITING_SIGNATURE)
    assert own_queries(administrator, page)[1] == 7, "the count does not grow with the rows"
    assert reload(hospital).left_on is None, "looking does nothing"


def test_a_planned_withdrawal_comes_forward_and_an_old_one_stays(
    administrator: Client, hospital: Hospital, page: str, today: date
) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        old, planned = (
            Mandate.objects.create(
                organisation=hospital.organisation,
                person=hospital.holder,
                identifier=hospital.identifier,
                starts_on=today - timedelta(days=500),
            )
            for _ in range(2)
        )
        for mandate, days in ((old, -100), (planned, 100)):
            withdraw_mandate(
                mandate,
                withdrawn_on=today + timedelta(days=days),
                actor=PLATFORM,
                now=datetime.now(UTC),
            )
        over, future = (
            Mandate.objects.create(
                organisation=hospital.organisation,
                person=hospital.holder,
                identifier=hospital.identifier,
                starts_on=today + timedelta(days=start),
                ends_on=today + timedelta(days=start + 10),
            )
            for start in (-50, 50)
        )
    assert administrator.get(page).content.decode().count("CBE=0406798006") == 3
    leave(administrator, page, today - timedelta(days=3))
    with acting_for([hospital.organisation.pk], as_platform=True):
        ended = dict(Mandate.objects.values_list("pk", "withdrawn_on"))
    assert (ended[over.pk], ended[future.pk]) == (None, today - timedelta(days=3))
    assert ended[old.pk] == today - timedelta(days=100)
    assert ended[planned.pk] == ended[hospital.mandate.pk] == today - timedelta(days=3)


@pytest.mark.parametrize("day", ["ahead", "", "soon", "9999-99-99"])
def test_a_day_that_cannot_be(
    administrator: Client, hospital: Hospital, page: str, today: date, day: str
) -> None:
    # Two days ahead, so that the test may run across midnight.
    answer = administrator.post(page, {"left_on": str(today + timedelta(days=2)) if day == "ahead" else day})
    assert answer.status_code == 422
    assert 'id="id_left_on_error"' in answer.content.decode()
    assert reload(hospital).left_on is None


def test_who_may_not(viewer: Client, stranger: Client, client: Client, hospital: Hospital, page: str) -> None:
    for method in ("get", "post"):
        assert getattr(viewer, method)(page).status_code == 403
        assert getattr(stranger, method)(page).status_code == 404
        assert getattr(client, method)(page).status_code == 302
        assert getattr(stranger, method)(f"/organisation/people/{uuid4()}/leave/").status_code == 404
    back = page.replace("leave", "return")
    assert viewer.post(back).status_code == 403
    assert stranger.post(back).status_code == 404
    assert client.post(back).status_code == 302
    assert reload(hospital).left_on is None


def test_the_last_administrator_stays(hospital: Hospital, today: date) -> None:
    """Els is the only administrator of the hospital, and a person of it too."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        Person.objects.filter(pk=hospital.holder.pk).update(user=hospital.administrator)
    els = signed_in(hospital.administrator)
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    address = f"/organisation/people/{hospital.holder.pk}/leave/"
    answer = els.post(address, {"left_on": str(today)})
    assert answer.status_code == 422
    assert "keeps one administrator" in answer.content.decode() or "één beheerder" in answer.content.decode()
    person = reload(hospital)
    assert person.left_on is None, "nothing of it was done"
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on is None
        assert CertificateRequest.objects.get(pk=request.pk).state == RequestState.AWAITING_SIGNATURE
    member(hospital.organisation, Role.ADMINISTRATOR)
    answer = els.post(address, {"left_on": str(today)})
    assert answer["Location"] == "/"
    assert els.get("/").status_code == 403, "no role is left"


def test_workstations_no_longer_reach_the_organisation(
    administrator: Client, hospital: Hospital, government: SandboxProcess, page: str, today: date
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    request = hospital.step(hospital.request(application_id=f"T{uuid4().hex[:10].upper()}"))
    job_id = request.job.pk
    job = holder.job(job_id)
    data = holder.signed(job.request)
    leave(administrator, page, today)
    assert holder.jobs() == []
    assert holder.call("GET", f"/agent/v1/jobs/{job_id}").status_code == 404
    assert holder.send(job_id, data).status_code == 404
    assert hospital.reload(request).state == RequestState.CANCELLED
    assert holder.enrol().json()["code"] == "holder_unknown"
    assert make_device(hospital.holder).label not in administrator.get("/organisation/").content.decode()


def test_somebody_comes_back(administrator: Client, hospital: Hospital, page: str, today: date) -> None:
    leave(administrator, page, today)
    listed = administrator.get("/organisation/").content.decode()
    assert "1 person who has left" in listed
    back = page.replace("leave", "return")
    assert back in listed
    answer = administrator.post(back, follow=True).content.decode()
    assert "An Marie Peeters is back in the list" in answer
    assert "who has left" not in answer
    assert "Koen Claes: Person marked as being back" in administrator.post(back, follow=True).content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AuditEvent.objects.filter(action="person_returned").count() == 1
        assert Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on is not None, "given anew, not revived"


def test_every_open_state_is_either_withdrawn_or_goes_on() -> None:
    assert set(RequestState) - FINAL_STATES >= CANCELLABLE_STATES
