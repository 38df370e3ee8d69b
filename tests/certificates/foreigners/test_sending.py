"""Sending a foreign care provider's request: once, whatever the network and the government do."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_django

from certificates.services.foreigners.work import advance_foreign_request
from certificates.services.signing.transition import Overtaken, move
from organisations.domain.work import Lane
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import Foreigner, make_foreigner, times_sent
from tests.certificates.foreigners.test_foreigners import S
from tests.certificates.stages import fault
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import work_off


def test_an_unreachable_government_is_tried_again(
    giulia: Foreigner, settings: pytest_django.Settings, government: SandboxProcess
) -> None:
    request = giulia.send_csr(giulia.ask())
    good, settings.CERTRA_ENDPOINTS = settings.CERTRA_ENDPOINTS, {"production": "http://127.0.0.1:1"}
    request = giulia.when_due(request)
    assert (request.state, request.attempts) == (S.READY, 1)
    assert request.problem is not None
    settings.CERTRA_ENDPOINTS = good
    assert giulia.when_due(request).state == S.AWAITING_CONFIRMATION
    assert "foreign_not_sent" in giulia.actions(request)


def test_a_refusal_ends_it(hospital: Hospital, government: SandboxProcess) -> None:
    stranger = make_foreigner(hospital)  # not in the authentic source
    request = stranger.step(stranger.send_csr(stranger.ask()))
    assert request.state == S.REJECTED
    assert request.problem is not None
    assert request.problem["answers"][0]["code"] == "SIGNER_NOT_AUTHORIZED"
    assert stranger.bis not in str(request.problem)


def test_a_lost_answer_is_asked_for_and_never_sent_twice(
    giulia: Foreigner, government: SandboxProcess
) -> None:
    request = giulia.send_csr(giulia.ask())
    fault(government, "drop-after-commit", "SubmitCSRForForeigner")
    request = giulia.when_due(request)
    assert request.state == S.OUTCOME_UNKNOWN
    request = giulia.when_due(request)
    assert request.state == S.AWAITING_CONFIRMATION
    assert (request.validation_url, request.expires_at) == ("", None)
    assert giulia.when_due(request).state == S.AWAITING_CONFIRMATION
    assert times_sent(government, request) == 1


def test_a_submission_that_never_arrived_goes_out_again_after_two_denials(
    giulia: Foreigner, government: SandboxProcess
) -> None:
    request = giulia.send_csr(giulia.ask())
    fault(government, "drop-before-commit", "SubmitCSRForForeigner")
    request = giulia.when_due(request)
    assert request.state == S.OUTCOME_UNKNOWN
    request = giulia.when_due(request)
    assert (request.state, request.not_known_answers) == (S.OUTCOME_UNKNOWN, 1)
    request = giulia.when_due(request, later=timedelta(minutes=2))
    assert request.state == S.READY
    assert giulia.when_due(request).state == S.AWAITING_CONFIRMATION
    assert "foreign_not_received" in giulia.actions(request)


def test_a_worker_that_died_while_sending_is_noticed(giulia: Foreigner) -> None:
    request = giulia.send_csr(giulia.ask())
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        move(request, S.SUBMITTING, actor=PLATFORM, now=datetime.now(UTC), next_attempt_at=datetime.now(UTC))
    assert giulia.when_due(giulia.reload(request)).state == S.OUTCOME_UNKNOWN


@pytest.mark.parametrize("kind", ["wrong-element", "truncated", "soa-00001", "http-502"])
def test_answers_that_make_no_sense_are_an_unknown_outcome(
    giulia: Foreigner, government: SandboxProcess, kind: str
) -> None:
    request = giulia.send_csr(giulia.ask())
    fault(government, kind, "SubmitCSRForForeigner")
    assert giulia.step(request).state in {S.OUTCOME_UNKNOWN, S.READY}


def test_a_wrong_certificate_is_not_taken(giulia: Foreigner, government: SandboxProcess) -> None:
    request = giulia.registered()
    assert giulia.confirm(request) == 200
    fault(government, "wrong-certificate", "GetCertificate")
    request = giulia.step(request)
    assert request.state == S.AWAITING_CONFIRMATION
    assert request.problem is not None
    assert request.problem["kind"] == "delivery"
    assert giulia.step(request).state == S.ISSUED


def test_two_workers_do_not_send_twice(giulia: Foreigner, government: SandboxProcess) -> None:
    request = giulia.send_csr(giulia.ask())
    first, second = giulia.reload(request), giulia.reload(request)
    advance_foreign_request(first, now=datetime.now(UTC))
    with pytest.raises(Overtaken):
        advance_foreign_request(second, now=datetime.now(UTC))
    assert work_off(Lane.SUBMISSIONS) == 0
    assert times_sent(government, request) == 1
