"""Submitting: once, whatever the network does, and settled by asking whatever it did."""

import threading
import time
from datetime import timedelta

import pytest
import pytest_django
from django.db import connections

from certificates.domain.lifecycle import RequestState
from certificates.errors.requests import CannotAskAgain, RequestInProgress
from certificates.models import CertificateRequest
from certificates.services.requests.ask_again import ask_again
from certificates.services.requests.work import due_requests, work_on_request
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.stages import (
    actions,
    fault,
    now,
    registered,
    signed,
    tag,
    times_sent,
    times_taken,
    to_sign,
    when_due,
)
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

S = RequestState


def problem(request: CertificateRequest) -> dict[str, object]:
    assert request.problem is not None
    found: dict[str, object] = request.problem
    return found


def test_a_lost_answer_is_settled_by_asking(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = signed(hospital, holder)
    fault(government, "drop-after-commit", "GenerateCertificate")
    request = hospital.step(request)
    assert request.state == S.OUTCOME_UNKNOWN
    assert problem(request)["kind"] == "outcome_unknown"
    request = when_due(hospital, request)
    assert request.state == S.ISSUED, request.problem
    assert request.problem is None
    assert (times_sent(government, request), times_taken(government, request)) == (1, 1)


def test_a_time_out_is_settled_by_asking(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    request = signed(hospital, holder)
    settings.CERTRA_READ_TIMEOUT = 0.3
    fault(government, "slow:1", "GenerateCertificate")
    request = hospital.step(request)
    assert request.state == S.OUTCOME_UNKNOWN
    settings.CERTRA_READ_TIMEOUT = 10
    for _ in range(10):  # the sandbox does the work after its pause; until then it denies
        request = when_due(hospital, request)
        if request.state == S.ISSUED:
            break
        assert request.state == S.OUTCOME_UNKNOWN
        threading.Event().wait(0.3)
    assert request.state == S.ISSUED, request.problem
    assert (times_sent(government, request), times_taken(government, request)) == (1, 1)


def test_two_denials_after_the_grace_let_it_be_sent_once_more(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    request = signed(hospital, holder)
    fault(government, "drop-before-commit", "GenerateCertificate")
    request = hospital.step(request)
    assert request.state == S.OUTCOME_UNKNOWN
    assert request.submission_started_at is not None
    grace_over = request.submission_started_at + timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    for denials in (1, 2, 2):
        request = when_due(hospital, request)
        assert request.state == S.OUTCOME_UNKNOWN, "within the grace no number of denials suffices"
        assert request.not_known_answers == denials
    assert times_sent(government, request) == 1
    request = when_due(hospital, request, not_before=grace_over)
    assert request.state == S.SIGNED
    request = when_due(hospital, request)
    assert request.state == S.AWAITING_CERTIFICATE, request.problem
    request = when_due(hospital, request)
    assert request.state == S.ISSUED, request.problem
    assert (times_sent(government, request), times_taken(government, request)) == (2, 1)


def test_one_denial_does_not_suffice_and_must_be_repeated_in_a_row(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = signed(hospital, holder)
    fault(government, "drop-before-commit", "GenerateCertificate")
    request = hospital.step(request)
    later = now() + timedelta(hours=1)
    request = when_due(hospital, request, not_before=later)
    assert (request.state, request.not_known_answers) == (S.OUTCOME_UNKNOWN, 1)
    fault(government, "http-503", "GetCertificate")
    request = when_due(hospital, request)
    assert (request.state, request.not_known_answers) == (S.OUTCOME_UNKNOWN, 0)
    for expected in (S.OUTCOME_UNKNOWN, S.SIGNED):
        request = when_due(hospital, request)
        assert request.state == expected


def test_a_key_that_the_government_knows_already_is_asked_for(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """The authority took it and says so the second time: that is no refusal of our request."""
    request = signed(hospital, holder)
    fault(government, "refused:KEY_ALREADY_REGISTERED", "GenerateCertificate")
    request = hospital.step(request)
    assert request.state == S.OUTCOME_UNKNOWN
    assert problem(request)["answers"] == [
        {
            "code": "KEY_ALREADY_REGISTERED",
            "message": "Refused, because this was asked for.",
            "parameters": [],
        }
    ]


@pytest.mark.parametrize("spoiled", ["not-xml", "truncated", "oversized", "wrong-element", "dtd-bomb"])
def test_a_spoiled_answer_loses_nothing(
    hospital: Hospital, holder: Holder, government: SandboxProcess, spoiled: str
) -> None:
    request = signed(hospital, holder)
    fault(government, spoiled, "GenerateCertificate")
    request = when_due(hospital, hospital.step(request))
    assert request.state == S.ISSUED, request.problem
    assert times_sent(government, request) == 1


def test_the_government_gone_for_an_hour(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = signed(hospital, holder)
    began = clock = now()
    government.stop()
    asked = 0
    try:
        while clock < began + timedelta(hours=1):
            request = when_due(hospital, request, not_before=clock)
            asked += 1
            assert request.state == S.SIGNED
            assert problem(request)["kind"] == "transient"
            assert request.next_attempt_at is not None
            clock = request.next_attempt_at
    finally:
        government.start()
    assert asked < 25, "pauses grow"
    assert request.attempts == asked
    request = when_due(hospital, request)
    assert request.state == S.AWAITING_CERTIFICATE, request.problem
    assert request.problem is None
    assert when_due(hospital, request).state == S.ISSUED
    assert (times_sent(government, request), times_taken(government, request)) == (1, 1)


@pytest.mark.parametrize("operation", ["GenerateContract", "GetCertificate"])
def test_questions_outlast_an_outage(
    hospital: Hospital, holder: Holder, government: SandboxProcess, operation: str
) -> None:
    if operation == "GenerateContract":
        assert holder.enrol().status_code == 201
        request, ends = hospital.request(application_id=tag()), S.AWAITING_SIGNATURE
    else:
        request, ends = registered(hospital, holder), S.ISSUED
    state = request.state
    fault(government, "http-503", operation, times=3)
    for attempts in (1, 2, 3):
        request = when_due(hospital, request)
        assert (request.state, request.attempts) == (state, attempts)
        assert problem(request)["kind"] == "transient"
    request = when_due(hospital, request)
    assert (request.state, request.problem) == (ends, None)


@pytest.mark.parametrize("operation", ["GenerateContract", "GenerateCertificate"])
def test_a_refusal_is_kept_as_it_was(
    hospital: Hospital, holder: Holder, government: SandboxProcess, operation: str
) -> None:
    if operation == "GenerateContract":
        assert holder.enrol().status_code == 201
        request = hospital.request(application_id=tag())
    else:
        request = signed(hospital, holder)
    fault(government, "refused:NOBODY_KNOWS_THIS_CODE", operation)
    request = hospital.step(request)
    assert request.state == S.REJECTED
    assert problem(request)["kind"] == "rejected"
    assert problem(request)["answers"] == [
        {
            "code": "NOBODY_KNOWS_THIS_CODE",
            "message": "Refused, because this was asked for.",
            "parameters": [],
        }
    ]
    assert request.next_attempt_at is None
    assert actions(hospital, request)[-1] == "request_rejected"


def test_numbers_in_a_refusal_are_masked(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """The sandbox names the national number of a holder that it does not know; the column is not sealed."""
    from certificates.certra.errors import Answer, Rejected
    from certificates.services.signing.gateways import problem_of

    said = Rejected(
        answers=(Answer("INVALID_IDENTIFIER", "85.07.30-033.28 is unknown", (("Value", "85073003328"),)),)
    )
    kept = problem_of(said, now())
    assert "85073003328" not in str(kept)
    assert "85.07.30" not in str(kept)
    assert kept["answers"] == [
        {
            "code": "INVALID_IDENTIFIER",
            "message": "••.••.••-•••.28 is unknown",
            "parameters": [["Value", "••.••.••-•••.28"]],
        }
    ]


# --- giving up, and being asked to go on


def give_up(hospital: Hospital, request: CertificateRequest, days: float) -> CertificateRequest:
    request = when_due(hospital, request, not_before=now() + timedelta(days=days))
    assert request.state == S.GAVE_UP
    assert request.next_attempt_at is None
    return request


def again(hospital: Hospital, request: CertificateRequest) -> CertificateRequest:
    with acting_for([hospital.organisation.pk]):
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


# --- two at once


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital()


def at_once(count: int, work: "list[object]", call: object) -> None:
    """Run `call` in `count` threads that start together, each with a connection of its own."""
    ready = threading.Barrier(count)

    def run() -> None:
        try:
            ready.wait(timeout=10)
            work.append(call())  # type: ignore[operator]  # a function of no arguments
        except Exception as error:  # the main thread looks at what came
            work.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def test_workers_at_once_submit_once(committed: Hospital, holder: Holder, government: SandboxProcess) -> None:
    request = signed(committed, holder)
    moment = now() + timedelta(seconds=5)
    results: list[object] = []
    at_once(4, results, lambda: work_on_request(request.organisation_id, request.pk, now=moment))
    assert results == [None] * 4
    request = committed.reload(request)
    assert request.state == S.AWAITING_CERTIFICATE, request.problem
    assert (times_sent(government, request), times_taken(government, request)) == (1, 1)
    assert actions(committed, request).count("request_submitting") == 1
    at_once(
        4,
        results,
        lambda: work_on_request(request.organisation_id, request.pk, now=now() + timedelta(hours=1)),
    )
    assert results == [None] * 8
    assert committed.reload(request).state == S.ISSUED
    assert actions(committed, request).count("request_issued") == 1


def test_a_step_that_fails_in_an_odd_way_waits_its_turn(committed: Hospital, holder: Holder) -> None:
    """A row that no step can handle is not tried again at every sweep, and holds up nobody."""
    assert holder.enrol().status_code == 201
    request = committed.request(application_id=tag())
    with acting_for([request.organisation_id]):
        CertificateRequest.objects.filter(pk=request.pk).update(phone_private="no\x01message carries this")
    moment = now() + timedelta(seconds=5)
    with pytest.raises(ValueError, match="XML"):
        work_on_request(request.organisation_id, request.pk, now=moment)
    mine = (request.organisation_id, request.pk)
    assert mine not in due_requests(now=moment + timedelta(seconds=59), most=100_000)
    assert mine in due_requests(now=moment + timedelta(seconds=61), most=100_000)


def test_an_issued_certificate_that_was_never_confirmed_holds_nothing_back(
    hospital: Hospital, holder: Holder
) -> None:
    """The workstation broke between delivery and key store: another request must be possible."""
    request = when_due(hospital, registered(hospital, holder))
    assert request.state == S.ISSUED, request.problem
    assert hospital.request(application_id=request.application_id).state == S.AWAITING_CONTRACT


def test_clicks_at_once_make_one_request(committed: Hospital) -> None:
    name = tag()
    results: list[object] = []
    at_once(4, results, lambda: committed.request(application_id=name))
    made = [one for one in results if isinstance(one, CertificateRequest)]
    refused = [one for one in results if isinstance(one, RequestInProgress)]
    assert (len(made), len(refused)) == (1, 3), results


def test_the_sweep_finds_what_a_lost_message_left(committed: Hospital, holder: Holder) -> None:
    """Redis refuses connections in every test (see environment.py): each nudge so far was lost."""
    assert holder.enrol().status_code == 201
    began = time.monotonic()
    request = committed.request(application_id=tag())
    assert time.monotonic() - began < 2, "nobody waits for a Redis that is gone"
    assert request.next_attempt_at is not None
    mine = (request.organisation_id, request.pk)
    assert mine not in due_requests(now=request.next_attempt_at - timedelta(seconds=1), most=100_000)
    assert mine in due_requests(now=request.next_attempt_at, most=100_000)
    work_on_request(*mine, now=request.next_attempt_at)
    request = committed.reload(request)
    assert request.state == S.AWAITING_SIGNATURE, request.problem
    assert mine not in due_requests(now=now() + timedelta(minutes=1), most=100_000)
