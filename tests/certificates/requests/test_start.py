"""Making a request, stopping it, and waiting for the holder's workstation."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_django

from certificates.domain.lifecycle import Environment, RequestState
from certificates.errors.requests import CannotCancel, HolderWithoutMandate, RequestInProgress, RequestRefused
from certificates.errors.signing import JobClosed
from certificates.models import AgentJob, CertificateRequest
from certificates.models.job import JobState
from certificates.services.requests.accept import accept_signed_request, check_signed_request
from certificates.services.requests.application_ids import ApplicationIds, existing_application_ids
from certificates.services.requests.contract import FIRST_LOOK, resume_after_agreement
from certificates.services.requests.job import decline_job
from certificates.services.signing.agent_jobs import find_job
from certificates.services.signing.cancel import cancel_request
from certificates.services.signing.offer_contract import LOOK_EVERY
from organisations.models import Device, Mandate, Person
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.certra.wires import free_port
from tests.certificates.stages import actions, fault, now, registered, signed, tag, to_sign, when_due
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import is_due

S = RequestState


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"application_id": "lower"}, "application_id"),
        ({"application_id": "A" * 31}, "application_id"),
        ({"application_id": "A\n"}, "application_id"),
        ({"application_id": "A B"}, "application_id"),
        ({"email_private": ""}, "email_private"),
        ({"email_private": "nobody"}, "email_private"),
        ({"email_private": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.be"}, "email_private"),
        ({"email_general": "nobody"}, "email_general"),
        ({"phone_private": "  "}, "phone_private"),
        ({"phone_private": "1" * 41}, "phone_private"),
        ({"phone_general": "1" * 41}, "phone_general"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "x\x00"}, "reason"),
        ({"phone_private": "1\x012"}, "phone_private"),
        ({"base_service_usages": ("tsa", "everything")}, "base_service_usages"),
        ({"identifier_id": uuid4()}, "identifier_id"),
        ({"holder_id": uuid4()}, "holder_id"),
    ],
)
def test_what_cannot_be_asked_names_its_field(
    hospital: Hospital, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        hospital.request(**changes)
    assert refused.value.extra == {"field": field}
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not CertificateRequest.objects.filter(organisation=hospital.organisation).exists()


def test_another_tenants_holder_and_number_cannot_be_named(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique Saint-Roch", cbe="0809394427", ssin="93051822361")
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"holder_id": other.holder.pk}, "holder_id"),
        ({"identifier_id": other.identifier.pk}, "identifier_id"),
    )
    for changes, field in cases:
        with pytest.raises(RequestRefused) as refused:
            hospital.request(**changes)
        assert refused.value.extra == {"field": field}


@pytest.mark.parametrize(
    "period",
    [
        {"starts_on": date(2027, 1, 1)},
        {"ends_on": date(2026, 6, 29)},
        {"withdrawn_on": date(2026, 6, 30)},
    ],
)
def test_a_holder_needs_a_mandate_of_today(hospital: Hospital, period: dict[str, date]) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(**period)
    with pytest.raises(HolderWithoutMandate) as refused:
        hospital.request(now=datetime(2026, 6, 30, 12, tzinfo=UTC))
    assert refused.value.extra == {"field": "holder_id"}


def test_a_mandate_ends_at_midnight_in_belgium(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(ends_on=date(2026, 6, 30))
    before, after = (datetime(2026, 6, 30, hour, minute, tzinfo=UTC) for hour, minute in ((21, 59), (22, 0)))
    with pytest.raises(HolderWithoutMandate):
        hospital.request(now=after)
    assert hospital.request(now=before).state == S.AWAITING_DEVICE


def test_somebody_who_left_holds_nothing(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        Person.objects.filter(pk=hospital.holder.pk).update(left_on=date(2026, 1, 1))
    with pytest.raises(RequestRefused) as refused:
        hospital.request()
    assert refused.value.extra == {"field": "holder_id"}


def test_one_request_a_name_at_a_time(hospital: Hospital) -> None:
    first = hospital.request(application_id="ONE")
    with pytest.raises(RequestInProgress) as refused:
        hospital.request(application_id="ONE")
    assert refused.value.extra == {"field": "application_id"}
    hospital.request(application_id="TWO")
    hospital.request(application_id="")
    hospital.request(application_id="ONE", environment=Environment.ACCEPTANCE)
    with acting_for([hospital.organisation.pk], as_platform=True):
        cancel_request(first, actor=Actor.user(hospital.administrator), now=now())
    assert hospital.request(application_id="ONE").pk != first.pk


# --- the holder's workstation


def test_a_request_waits_for_the_workstation_and_goes_on_at_enrolment(
    hospital: Hospital, holder: Holder
) -> None:
    request = hospital.request(application_id=tag())
    assert request.state == S.AWAITING_DEVICE
    request = when_due(hospital, request)
    assert (request.state, request.problem) == (S.AWAITING_DEVICE, None), "looked for, and not there yet"
    assert request.next_attempt_at is not None
    assert request.next_attempt_at > now() + LOOK_EVERY / 2
    cancelled = hospital.request(application_id=tag())
    with acting_for([hospital.organisation.pk], as_platform=True):
        cancel_request(cancelled, actor=Actor.user(hospital.administrator), now=now())
    assert holder.enrol().status_code == 201
    request = hospital.reload(request)
    assert request.state == S.AWAITING_CONTRACT
    assert request.next_attempt_at is not None
    assert hospital.step(request).state == S.AWAITING_SIGNATURE
    assert hospital.reload(cancelled).state == S.CANCELLED
    with acting_for([hospital.organisation.pk], as_platform=True):
        device = Device.objects.get(thumbprint=holder.thumbprint)
        assert resume_after_agreement(hospital.organisation.pk, device, now=now()) == 0


def test_an_enrolment_at_the_same_moment_is_not_missed(
    hospital: Hospital, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request looked for a workstation before it was there; the enrolment looked for requests before this one."""
    assert holder.enrol().status_code == 201
    with monkeypatch.context() as patch:
        patch.setattr(
            "certificates.services.requests.first_step.newest_device", lambda _index: None, raising=True
        )
        request = hospital.request(application_id=tag())
    assert request.state == S.AWAITING_DEVICE
    assert request.next_attempt_at is not None
    assert request.next_attempt_at <= now() + FIRST_LOOK, "nobody has to tell"
    assert when_due(hospital, request).state == S.AWAITING_CONTRACT


def test_a_withdrawn_workstation_stops_the_way_without_a_problem(hospital: Hospital, holder: Holder) -> None:
    assert holder.enrol().status_code == 201
    request = hospital.request(application_id=tag())
    Device.objects.filter(thumbprint=holder.thumbprint).update(revoked_at=now())
    request = hospital.step(request)
    assert (request.state, request.attempts, request.problem) == (S.AWAITING_CONTRACT, 1, None)
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).update(attempts=40)
    began = now()
    request = hospital.step(hospital.reload(request))
    assert request.next_attempt_at is not None
    assert began + LOOK_EVERY / 2 < request.next_attempt_at <= now() + LOOK_EVERY, (
        "however often it was looked for"
    )
    again = Holder(holder.identity)
    assert again.enrol().status_code == 201
    request = hospital.reload(request)
    assert is_due(request, hospital.organisation.pk, now()), (
        "it is found as what waits for a first workstation is"
    )
    assert hospital.step(request).state == S.AWAITING_SIGNATURE


def test_a_service_that_rests_is_not_asked_for_a_workstation_that_came(
    hospital: Hospital, holder: Holder
) -> None:
    assert holder.enrol().status_code == 201
    request = hospital.request(application_id=tag())
    later, problem = now() + timedelta(hours=1), {"kind": "transient", "answers": []}
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).update(next_attempt_at=later, problem=problem)
    assert Holder(holder.identity).enrol().status_code == 201
    assert hospital.reload(request).next_attempt_at == later


# --- stopping


def test_cancelling_closes_the_job(hospital: Hospital, holder: Holder) -> None:
    request = to_sign(hospital, holder)
    job = holder.job(request.job.pk)
    data = holder.signed(job.request)
    with acting_for([hospital.organisation.pk], as_platform=True):
        cancel_request(request, actor=Actor.user(hospital.administrator), now=now())
    request = hospital.reload(request)
    assert (request.state, request.next_attempt_at) == (S.CANCELLED, None)
    assert request.job.state == JobState.CLOSED
    answer = holder.send(job.id, data)
    assert (answer.status_code, answer.json()["code"]) == (409, "job_closed")
    assert holder.outcome(job.id)["state"] == "cancelled"
    with acting_for([hospital.organisation.pk], as_platform=True), pytest.raises(CannotCancel):
        cancel_request(hospital.reload(request), actor=Actor.user(hospital.administrator), now=now())


def test_what_was_signed_is_not_cancelled(hospital: Hospital, holder: Holder) -> None:
    request = to_sign(hospital, holder)
    before = hospital.reload(request)
    job = holder.job(request.job.pk)
    assert holder.send(job.id, holder.signed(job.request)).status_code == 202
    for seen in (before, hospital.reload(request)):
        with acting_for([hospital.organisation.pk], as_platform=True), pytest.raises(CannotCancel):
            cancel_request(seen, actor=Actor.user(hospital.administrator), now=now())
    assert hospital.reload(request).state == S.SIGNED


def test_cancelled_while_the_signature_was_checked(hospital: Hospital, holder: Holder) -> None:
    """Between the check of the card, which asks the network, and the taking lies time for a click."""
    request = to_sign(hospital, holder)
    device = Device.objects.get(thumbprint=holder.thumbprint)
    data = holder.signed(holder.job(request.job.pk).request)
    with acting_for([hospital.organisation.pk], as_platform=True):
        job = find_job(request.job.pk, device)
        checked = check_signed_request(job, data)
        cancel_request(request, actor=Actor.user(hospital.administrator), now=now())
        with pytest.raises(JobClosed):
            accept_signed_request(job, checked, device, now=now())
        with pytest.raises(JobClosed):
            decline_job(job, device, reason="", now=now())
    request = hospital.reload(request)
    assert request.state == S.CANCELLED
    assert request.sealed_signed_request is None
    assert request.job.state == JobState.CLOSED


def test_a_job_that_ended_takes_no_signature(hospital: Hospital, holder: Holder) -> None:
    request = to_sign(hospital, holder)
    device = Device.objects.get(thumbprint=holder.thumbprint)
    data = holder.signed(holder.job(request.job.pk).request)
    with acting_for([hospital.organisation.pk], as_platform=True):
        job = find_job(request.job.pk, device)
        checked = check_signed_request(job, data)
        with pytest.raises(JobClosed):
            accept_signed_request(job, checked, device, now=job.expires_at + timedelta(seconds=1))
    request = hospital.reload(request)
    assert (request.state, request.public_key_identifier) == (S.AWAITING_SIGNATURE, None)
    with acting_for([hospital.organisation.pk], as_platform=True):
        AgentJob.objects.filter(pk=job.pk).update(expires_at=now() - timedelta(seconds=1))
    assert holder.jobs() == []
    assert holder.send(job.pk, data).json()["code"] == "job_closed"


def test_declining_keeps_the_reason_without_numbers(hospital: Hospital, holder: Holder) -> None:
    request = to_sign(hospital, holder)
    path = f"/agent/v1/jobs/{request.job.pk}/decline"
    for _ in range(2):
        answer = holder.call("POST", path, {"reason": "not mine: I am 85.07.30-033.28"})
        assert answer.json() == {"state": "declined"}
    request = hospital.reload(request)
    assert (request.state, request.next_attempt_at) == (S.DECLINED, None)
    assert actions(hospital, request).count("request_declined") == 1
    from organisations.models import AuditEvent

    with acting_for([hospital.organisation.pk], as_platform=True):
        event = AuditEvent.objects.get(subject_id=request.pk, action="request_declined")
    assert event.details["reason"] == "not mine: I am ••.••.••-•••.28"
    assert event.actor_type == "device"


# --- a hint while the form is filled in


def test_application_ids_in_use(hospital: Hospital, holder: Holder, government: SandboxProcess) -> None:
    request = registered(hospital, holder)
    assert hospital.step(request).state == S.ISSUED
    found = existing_application_ids(Environment.PRODUCTION, "CBE", "0406798006")
    assert found.known
    assert request.application_id in found.ids
    assert (
        request.application_id
        not in existing_application_ids(Environment.ACCEPTANCE, "CBE", "0406798006").ids
    )


@pytest.mark.parametrize("kind", ["http-503", "not-xml", "soa-02001", "soa-01002", "drop-before-commit"])
def test_a_form_does_not_fail_for_a_hint(government: SandboxProcess, kind: str) -> None:
    fault(government, kind, "GetExistingApplicationIds")
    assert existing_application_ids(Environment.PRODUCTION, "CBE", "0406798006") == ApplicationIds(False)


def test_a_form_does_not_fail_without_a_government(settings: pytest_django.Settings) -> None:
    settings.CERTRA_ENDPOINTS = dict.fromkeys(("production", "acceptance"), f"http://127.0.0.1:{free_port()}")
    assert existing_application_ids(Environment.PRODUCTION, "CBE", "0406798006") == ApplicationIds(False)


def test_each_change_of_state_is_one_event(hospital: Hospital, holder: Holder) -> None:
    request = hospital.step(hospital.step(signed(hospital, holder)))
    assert actions(hospital, request) == [
        "request_made",
        "request_awaiting_signature",
        "request_signed",
        "request_submitting",
        "request_awaiting_certificate",
        "request_issued",
    ]
