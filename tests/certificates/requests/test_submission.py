"""Submitting: once, whatever the network does, and settled by asking whatever it did."""

from datetime import timedelta

import pytest
import pytest_django

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from tests.certificates.stages import (
    actions,
    fault,
    now,
    registered,
    signed,
    tag,
    times_sent,
    times_taken,
    when_due,
)
from tests.support.effort import until
from tests.support.holder import Holder
from tests.support.hospital import Hospital
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
    fault(government, "slow:2", "GenerateCertificate")
    request = hospital.step(request)
    assert request.state == S.OUTCOME_UNKNOWN
    settings.CERTRA_READ_TIMEOUT = 60
    # The sandbox does the work after its pause, and says so when it is over.
    until(lambda: times_sent(government, request) == times_taken(government, request) == 1)
    request = when_due(hospital, request)
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
