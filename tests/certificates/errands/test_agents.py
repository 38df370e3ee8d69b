"""What an agent hears while a worker asks the government: to make the call again, or, one of before, the answer."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from agent.portal.client import ERRAND_SECONDS, RETRY_PAUSES, TIMEOUT
from agent.wire.jobs import KNOWS_HEADER
from agent.wire.link.checking import CARD_CHECKS, GovernmentBeingAsked
from certificates.api import holding
from certificates.api.errands import OLD_AGENTS_WAIT
from certificates.models import Errand
from certificates.services.errands.ask import PATIENCE, UNBEGUN
from certificates.services.signing.gateways import depot_of
from certificates.services.tokens import errands as token_errands
from organisations.tenancy import acting_for
from tests.certificates.stages import fault
from tests.certificates.tokens.desk import Desk, issued
from tests.support.holder import Holder, b64
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import run_errands

OLD = {KNOWS_HEADER: CARD_CHECKS}
"""What an agent says that was made before errands."""


@pytest.fixture
def desk(hospital: Hospital, holder: Holder) -> Desk:
    return issued(hospital, holder)


class Clock:
    """A time that passes by waiting only; `meanwhile` happens in each wait."""

    def __init__(self, meanwhile: Any) -> None:
        self._now, self._meanwhile = 0.0, meanwhile

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        self._meanwhile()


def errands(hospital: Hospital) -> int:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Errand.objects.count()


def test_a_call_that_asks_the_government_is_made_twice(desk: Desk, holder: Holder) -> None:
    path = f"/agent/v1/jobs/{desk.job}/token/start"
    body = {"request": b64(desk.signer.start_registration(desk.encryption_key.public_key()))}
    first = holder.call_once("POST", path, body)
    assert (first.status_code, first["Cache-Control"]) == (202, "no-store")
    assert GovernmentBeingAsked.from_json(first.json()) == GovernmentBeingAsked(100)
    assert run_errands() == 1
    second = holder.call_once("POST", path, body)
    assert second.status_code == 200
    assert len(base64.b64decode(second.json()["challenge"])) == 288
    assert errands(desk.hospital) == 0, "it was told"


def test_a_stranger_s_signature_makes_no_errand(desk: Desk, hospital: Hospital, holder: Holder) -> None:
    other = issued(hospital, holder)
    for step, data in (
        ("start", other.signer.start_registration(other.encryption_key.public_key())),
        ("complete", b"<nothing/>"),
    ):
        path = f"/agent/v1/jobs/{desk.job}/token/{step}"
        assert holder.call_once("POST", path, {"request": b64(data)}).status_code == 422
    path = f"/agent/v1/jobs/{desk.job}/own-record"
    assert holder.call_once("POST", path, {"request": b64(other.signer.own_record())}).status_code == 422
    assert errands(hospital) == 0


def test_another_workstation_does_not_hear_the_answer(desk: Desk, holder: Holder) -> None:
    second = Holder(holder.identity, client=Client())
    assert second.enrol().status_code == 201
    path = f"/agent/v1/jobs/{desk.job}/token/depot"
    assert holder.call_once("GET", path).status_code == 202
    run_errands()
    assert second.call_once("GET", path).status_code == 202, "it has an errand of its own"
    assert errands(desk.hospital) == 2
    assert holder.call_once("GET", path).status_code == 200


def test_an_agent_of_before_is_held_and_hears_the_answer(
    desk: Desk, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "time", Clock(run_errands))
    answer = holder.call_once("GET", f"/agent/v1/jobs/{desk.job}/token/depot", headers=OLD)
    assert (answer.status_code, answer.json()["etk"]) == (200, None)


def test_an_agent_of_before_hears_refusals_as_before(
    desk: Desk, holder: Holder, government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "time", Clock(run_errands))
    fault(government, "http-503", "GetEtk")
    answer = holder.call_once("GET", f"/agent/v1/jobs/{desk.job}/token/depot", headers=OLD)
    assert (answer.status_code, answer.json()["code"]) == (503, "government_unavailable")


def test_an_agent_of_before_that_is_told_to_try_again_finds_the_answer(
    desk: Desk, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(lambda: None)
    monkeypatch.setattr(holding, "time", clock)
    path = f"/agent/v1/jobs/{desk.job}/token/start"
    body = {"request": b64(desk.signer.start_registration(desk.encryption_key.public_key()))}
    first = holder.call_once("POST", path, body, headers=OLD)
    assert (first.status_code, first.json()["code"]) == (503, "government_unavailable")
    assert clock.monotonic() < 10, "no thread is held for long"
    run_errands()
    assert holder.call_once("POST", path, body, headers=OLD).status_code == 200


def test_only_some_calls_of_agents_of_before_are_held(
    desk: Desk, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(lambda: None)
    monkeypatch.setattr(holding, "time", clock)
    taken = [holding.places.acquire(blocking=False) for _ in range(holding.PLACES)]
    try:
        assert all(taken)
        path = f"/agent/v1/jobs/{desk.job}/token/depot"
        assert holder.call_once("GET", path, headers=OLD).status_code == 503
    finally:
        for _ in taken:
            holding.places.release()
    assert clock.monotonic() == 0.0, "its thread was free at once"


def test_an_agent_waits_longer_than_the_server() -> None:
    """So it hears the server's own word; and one of before waits for a whole call, in its tries."""
    assert timedelta(seconds=ERRAND_SECONDS) > PATIENCE + UNBEGUN
    assert (len(RETRY_PAUSES) + 1) * OLD_AGENTS_WAIT + sum(RETRY_PAUSES) >= 39
    assert TIMEOUT[1] > OLD_AGENTS_WAIT


def test_the_depot_is_asked_anew_each_time(
    desk: Desk, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it handed out before an activation is no answer after it."""
    asked: list[str] = []

    def depot(environment: str) -> Any:
        asked.append(environment)
        return depot_of(environment)

    monkeypatch.setattr(token_errands, "depot_of", depot)
    path = f"/agent/v1/jobs/{desk.job}/token/depot"
    assert holder.call("GET", path).json()["etk"] is None
    desk.register()
    before = len(asked)
    assert holder.call("GET", path).json()["etk"] is not None
    assert len(asked) == before + 1
