"""Workers and clicks at once, lost messages and odd failures: one request, one submission."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from certificates.errors.requests import RequestInProgress
from certificates.models import CertificateRequest
from organisations.domain.work import PAUSES, Lane
from organisations.tenancy import acting_for
from tests.certificates.requests.test_submission import S
from tests.certificates.stages import (
    actions,
    now,
    signed,
    tag,
    times_sent,
    times_taken,
)
from tests.support.effort import PATIENCE
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import is_due, make_due, set_aside, work_off

# --- two at once


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see; what others left due is nobody's any more."""
    set_aside()
    return make_hospital()


def at_once(count: int, work: "list[object]", call: object) -> None:
    """Run `call` in `count` threads that start together, each with a connection of its own."""
    ready = threading.Barrier(count)

    def run() -> None:
        try:
            ready.wait(timeout=PATIENCE)
            work.append(call())  # type: ignore[operator]  # a function of no arguments
        except Exception as error:  # the main thread looks at what came
            work.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
        assert not thread.is_alive()


def test_workers_at_once_submit_once(committed: Hospital, holder: Holder, government: SandboxProcess) -> None:
    request = signed(committed, holder)
    results: list[object] = []
    at_once(4, results, lambda: work_off(Lane.SUBMISSIONS))
    assert sorted(map(str, results)) == ["0", "0", "0", "1"]
    request = committed.reload(request)
    assert request.state == S.AWAITING_CERTIFICATE, request.problem
    assert (times_sent(government, request), times_taken(government, request)) == (1, 1)
    assert actions(committed, request).count("request_submitting") == 1
    results.clear()
    make_due(request, request.organisation_id, now())
    at_once(4, results, lambda: work_off(Lane.SUBMISSIONS))
    assert sorted(map(str, results)) == ["0", "0", "0", "1"]
    assert committed.reload(request).state == S.ISSUED
    assert actions(committed, request).count("request_issued") == 1


def test_a_step_that_fails_in_an_odd_way_waits_its_turn(committed: Hospital, holder: Holder) -> None:
    """A row that no step can handle is not tried again at every sweep, and holds up nobody."""
    assert holder.enrol().status_code == 201
    set_aside()  # what the tests before left, which this workstation may have woken
    request = committed.request(application_id=tag())
    with acting_for([request.organisation_id], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).update(phone_private="no\x01message carries this")
    assert work_off(Lane.ASKED) == 1
    request = committed.reload(request)
    assert request.failure is not None
    assert request.failure["error"] == "ValueError"
    assert request.failure["where"].startswith("agent/wire/xml/") or "certra" in request.failure["where"]
    assert "message carries" not in str(request.failure)
    assert not is_due(request, request.organisation_id, now() + PAUSES[0] - timedelta(seconds=5))
    assert is_due(request, request.organisation_id, now() + PAUSES[0] + timedelta(seconds=5))


def test_clicks_at_once_make_one_request(committed: Hospital) -> None:
    name = tag()
    results: list[object] = []
    at_once(4, results, lambda: committed.request(application_id=name))
    made = [one for one in results if isinstance(one, CertificateRequest)]
    refused = [one for one in results if isinstance(one, RequestInProgress)]
    assert (len(made), len(refused)) == (1, 3), results


def test_the_sweep_finds_what_a_lost_message_left(
    committed: Hospital, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis refuses connections in every test (see environment.py): each nudge so far was lost."""
    assert holder.enrol().status_code == 201
    work_off(Lane.ASKED)  # what the tests before left and waited for this card
    waits: list[float] = []
    for place in ("kombu.utils.functional.sleep", "redis.retry.sleep"):
        monkeypatch.setattr(place, waits.append)
    request = committed.request(application_id=tag())
    assert waits == [], "nobody waits for a Redis that is gone"
    assert request.next_attempt_at is not None
    assert work_off(Lane.ASKED) >= 1, "what else waits for this holder's workstation moves too"
    request = committed.reload(request)
    assert request.state == S.AWAITING_SIGNATURE, request.problem
    assert work_off(Lane.ASKED, Lane.SUBMISSIONS) == 0
