"""Giving up, and asking again afterwards."""

from datetime import timedelta

import pytest
import pytest_django

from certificates.errors.requests import CannotAskAgain, RequestInProgress
from certificates.models import CertificateRequest
from certificates.services.requests.ask_again import ask_again
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.requests.test_submission import S, problem
from tests.certificates.stages import (
    fault,
    now,
    registered,
    signed,
    tag,
    times_sent,
    to_sign,
    when_due,
)
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

# --- giving up, and being asked to go on


def give_up(hospital: Hospital, request: CertificateRequest, days: float) -> CertificateRequest:
    request = when_due(hospital, request, not_before=now() + timedelta(days=days))
    assert request.state == S.GAVE_UP
    assert request.next_attempt_at is None
    return request


def again(hospital: Hospital, request: CertificateRequest) -> CertificateRequest:
    with acting_for([hospital.organisation.pk], as_platform=True):
        ask_again(request, actor=Actor.user(hospital.administrator), now=now())
    request = hospital.reload(request)
    assert request.next_attempt_at is not None
    return request


def test_giving_up_on_a_contract(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    assert holder.enrol().status_code == 201
    request = hospital.request(application_id=tag())
    fault(government, "http-503", "GenerateContract")
    days = settings.CERTRA_GIVE_UP_DAYS
    request = give_up(hospital, request, days)
    assert problem(request)["kind"] == "transient"
    request = again(hospital, request)
    assert request.state == S.AWAITING_CONTRACT
    assert when_due(hospital, request).state == S.AWAITING_SIGNATURE


def test_an_unsigned_job_ends_and_can_be_offered_again(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = to_sign(hospital, holder)
    first = request.job.pk
    request = give_up(hospital, request, 0)
    assert holder.jobs() == []
    assert holder.call("GET", f"/agent/v1/jobs/{first}").json()["code"] == "job_closed"
    request = when_due(hospital, again(hospital, request))
    assert request.state == S.AWAITING_SIGNATURE
    assert [line["id"] for line in holder.jobs()] == [request.job.pk]
    assert request.job.pk != first
    assert holder.call("GET", f"/agent/v1/jobs/{first}").json()["code"] == "job_unknown"


def test_giving_up_before_it_was_ever_sent(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    """Workers stood still for a month. Asked again, two denials suffice: there is no first call to wait for."""
    request = give_up(hospital, signed(hospital, holder), settings.CERTRA_GIVE_UP_DAYS)
    assert times_sent(government, request) == 0
    request = again(hospital, request)
    for expected in (S.OUTCOME_UNKNOWN, S.SIGNED, S.AWAITING_CERTIFICATE, S.ISSUED):
        request = when_due(hospital, request)
        assert request.state == expected, request.problem
    assert times_sent(government, request) == 1


def test_giving_up_on_an_unknown_outcome(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    request = signed(hospital, holder)
    fault(government, "drop-after-commit", "GenerateCertificate")
    request = hospital.step(request)
    fault(government, "http-503", "GetCertificate")
    request = give_up(hospital, request, settings.CERTRA_GIVE_UP_DAYS)
    request = again(hospital, request)
    assert request.state == S.OUTCOME_UNKNOWN
    assert when_due(hospital, request).state == S.ISSUED
    assert times_sent(government, request) == 1


def test_giving_up_on_a_certificate(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    government.control_post("/control/issuance", {"mode": "manual"})
    request = registered(hospital, holder)
    assert request.automatically_validated is False
    request = when_due(hospital, request)
    assert (request.state, request.problem) == (S.AWAITING_CERTIFICATE, None), "waiting is no problem"
    request = give_up(hospital, request, settings.CERTRA_GIVE_UP_DAYS)
    government.control_post(f"/control/requests/production/{request.public_key_identifier}/deliver")
    request = again(hospital, request)
    assert request.state == S.AWAITING_CERTIFICATE
    assert when_due(hospital, request).state == S.ISSUED


def test_asking_again_is_for_given_up_requests(hospital: Hospital, holder: Holder) -> None:
    request = to_sign(hospital, holder)
    with pytest.raises(CannotAskAgain):
        again(hospital, request)


def test_asking_again_makes_no_second_request_for_one_name(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = give_up(hospital, to_sign(hospital, holder), 0)
    hospital.request(application_id=request.application_id)
    with pytest.raises(RequestInProgress):
        again(hospital, request)
    assert hospital.reload(request).state == S.GAVE_UP


def test_an_issued_certificate_that_was_never_confirmed_holds_nothing_back(
    hospital: Hospital, holder: Holder
) -> None:
    """The workstation broke between delivery and key store: another request must be possible."""
    request = when_due(hospital, registered(hospital, holder))
    assert request.state == S.ISSUED, request.problem
    assert hospital.request(application_id=request.application_id).state == S.AWAITING_CONTRACT
