"""One copy in flight: slow, dripping and hung answers, a worker that is late, and one that is not dead yet."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
import pytest_django

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.signing import sole_sender
from organisations.models import Circuit
from organisations.services.circuits import SharedCircuits
from outside.circuits import keep_circuits
from outside.deadline import elapsed
from outside.http import host_of
from tests.certificates.stages import actions, fault, now, signed, times_sent, times_taken, when_due
from tests.support.effort import until
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

S = RequestState


@contextmanager
def another_worker_may_send(request: CertificateRequest) -> Iterator[None]:
    """Hold what a worker holds that is in the middle of sending, in a session of its own."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [sole_sender._key(request)])
        yield


@pytest.mark.parametrize("kind", ["drip:0.02", "slow:2"])
def test_an_answer_that_takes_too_long_is_settled_by_asking(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    settings: pytest_django.Settings,
    kind: str,
) -> None:
    """No silence is long: what cuts the call off is its deadline."""
    request = signed(hospital, holder)
    fault(government, kind, "GenerateCertificate")
    settings.CERTRA_READ_TIMEOUT, settings.CERTRA_DEADLINE = 60, 1
    request = hospital.step(request)
    assert request.state == S.OUTCOME_UNKNOWN
    settings.CERTRA_DEADLINE = 100
    until(lambda: times_taken(government, request) == 1)
    request = when_due(hospital, request)
    assert request.state == S.ISSUED, request.problem
    assert times_sent(government, request) == 1


def test_one_who_hangs_is_sent_the_very_same_once_more_when_he_never_got_it(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    request = signed(hospital, holder)
    fault(government, "hang", "GenerateCertificate")
    settings.CERTRA_READ_TIMEOUT, settings.CERTRA_DEADLINE = 60, 1
    request = hospital.step(request)
    settings.CERTRA_DEADLINE = 100
    assert request.state == S.OUTCOME_UNKNOWN
    assert request.submission_started_at is not None
    grace_over = request.submission_started_at + timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    for _ in range(8):
        request = when_due(hospital, request, not_before=grace_over)
        if request.state == S.ISSUED:
            break
    assert request.state == S.ISSUED, request.problem
    assert (times_sent(government, request), times_taken(government, request)) == (2, 1)


def test_a_worker_that_was_stopped_lets_nothing_leave(
    hospital: Hospital, holder: Holder, government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = signed(hospital, holder)
    with monkeypatch.context() as stopped:
        stopped.setattr("certificates.services.signing.sole_sender.elapsed", lambda: elapsed() + 100)
        request = hospital.step(request)
    assert request.state == S.SIGNED
    assert request.problem is not None
    assert (request.problem["kind"], request.problem["summary"]) == ("transient", "too late to send")
    assert times_sent(government, request) == 0
    assert actions(hospital, request)[-2:] == ["request_submitting", "request_not_sent"]
    request = when_due(hospital, when_due(hospital, request))
    assert request.state == S.ISSUED, request.problem
    assert times_sent(government, request) == 1


def test_the_grace_begins_when_the_row_moves(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    """A worker that was slow after it had claimed the row has its whole time all the same."""
    request = signed(hospital, holder)
    claimed_at = now() - timedelta(hours=1)
    fault(government, "drop-after-commit", "GenerateCertificate")
    request = hospital.step(request, now=claimed_at)
    assert request.submission_started_at is not None
    assert request.submission_started_at > claimed_at + timedelta(minutes=50)


def test_while_another_may_send_nobody_else_does(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = signed(hospital, holder)
    with another_worker_may_send(request):
        request = when_due(hospital, request)
        assert request.state == S.SIGNED
        assert times_sent(government, request) == 0
    request = when_due(hospital, request)
    assert request.state == S.AWAITING_CERTIFICATE
    assert times_sent(government, request) == 1


def test_while_another_may_send_no_denial_counts(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """What the authority has not got yet may still come, for as long as its sender lives."""
    request = signed(hospital, holder)
    fault(government, "drop-before-commit", "GenerateCertificate")
    request = hospital.step(request)
    later = now() + timedelta(hours=1)
    with another_worker_may_send(request):
        for _ in range(4):
            request = when_due(hospital, request, not_before=later)
            assert (request.state, request.not_known_answers) == (S.OUTCOME_UNKNOWN, 0)
    for expected in (1, 0):
        request = when_due(hospital, request, not_before=later)
        assert request.not_known_answers == expected
    assert request.state == S.SIGNED


def test_a_service_that_is_silent_is_not_sent_to(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """Its rows wait until it is tried again: they do not move, and it counts as no attempt."""
    request = signed(hospital, holder)
    since, until_then = now() - timedelta(minutes=9), now() + timedelta(minutes=9)
    keep_circuits(SharedCircuits())
    host = host_of(government.production)
    Circuit.objects.create(host=host, failures=3, failing_since=since, open_until=until_then)
    before = actions(hospital, request)
    for _ in range(3):
        request = hospital.step(request)
    assert (request.state, request.attempts, actions(hospital, request)) == (S.SIGNED, 0, before)
    assert request.problem is not None
    assert (request.problem["kind"], request.problem["since"]) == ("silent", since.isoformat())
    assert request.next_attempt_at is not None
    assert request.next_attempt_at > until_then
    Circuit.objects.update(open_until=since)
    request = hospital.step(request)
    assert request.state == S.AWAITING_CERTIFICATE
    assert not Circuit.objects.exists()
