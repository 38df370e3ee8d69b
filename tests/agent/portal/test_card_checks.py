"""While the server has a card checked, the agent makes the same call again: nothing is signed or asked anew."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.config import Config
from agent.errors import PortalError
from agent.portal import client as portal_module
from agent.portal.client import Portal
from agent.portal.device import new_device_key
from agent.wire.errors import JobMalformed
from agent.wire.link.checking import CARD_CHECKS, CardBeingChecked
from agent.wire.link.proofs import public_jwk, thumbprint
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused
from tests.agent.workstation import Workstation

KEY = new_device_key()


@pytest.fixture
def portal(server: Counterpart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr(portal_module, "RETRY_PAUSES", (0.01, 0.01, 0.01))
    jwk = public_jwk(KEY)
    server.devices[thumbprint(jwk)] = jwk
    return Portal(Config(tmp_path, (), tmp_path, "nl", False, None), server.url, KEY, "nl")


def test_an_enrolment_is_handed_in_again_until_the_card_is_checked(
    server: Counterpart, workstation: Workstation
) -> None:
    """The person types the PIN once and sees what is always seen."""
    server.checks_of_cards = 3
    workstation.enrol(server.url)
    handed_in = [status for _method, path, status in server.calls if "/enrolments/" in path]
    assert handed_in == [202, 202, 202, 201]
    assert CARD_CHECKS in server.knows


def test_when_all_is_well_an_enrolment_takes_four_calls(
    server: Counterpart, workstation: Workstation
) -> None:
    """Hello, start, hand in, hand in again: one more than before, which takes a quarter of a second."""
    server.checks_of_cards = 1
    workstation.enrol(server.url)
    upto = [path for _method, path, _status in server.calls]
    last = max(number for number, path in enumerate(upto) if "/enrolments/" in path)
    assert last + 1 == 4, upto


@pytest.mark.parametrize(
    "hand_in",
    [
        lambda portal, job: portal.submit(job, b"signed"),
        lambda portal, job: portal.records(job, b"one", b"two"),
    ],
)
def test_a_check_without_end_is_given_up(
    portal: Portal,
    server: Counterpart,
    monkeypatch: pytest.MonkeyPatch,
    hand_in: Callable[[Portal, str], object],
) -> None:
    monkeypatch.setattr(portal_module, "CARD_CHECK_SECONDS", 0.05)
    server.checks_of_cards = 10_000
    job = server.add_job()
    with pytest.raises(PortalError) as refused:
        hand_in(portal, job.id)
    assert refused.value.code == "card_status_unknown"
    assert {status for _method, _path, status in server.calls} == {202}


def test_what_the_server_has_waited_for_is_not_asked_again_at_once(
    portal: Portal, server: Counterpart
) -> None:
    server.refuse = lambda method, path: Refused(503, "card_status_unknown")
    with pytest.raises(PortalError) as refused:
        portal.submit(server.add_job().id, b"signed")
    assert refused.value.code == "card_status_unknown"
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"poll_after_milliseconds": 0},
        {"poll_after_milliseconds": 3_600_000},
        {"poll_after_milliseconds": "250"},
        {"poll_after_milliseconds": True},
        {"more": 1},
    ],
)
def test_the_answer_is_read_strictly(changes: dict[str, Any]) -> None:
    answer = CardBeingChecked(250).to_json()
    assert CardBeingChecked.from_json(json.loads(json.dumps(answer))) == CardBeingChecked(250)
    assert CardBeingChecked.from_json({"state": "submitting"}) is None
    with pytest.raises(JobMalformed):
        CardBeingChecked.from_json(answer | changes)
