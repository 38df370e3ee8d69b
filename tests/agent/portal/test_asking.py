"""While the server has the government asked, the agent makes the same call again: nothing is signed anew."""

from pathlib import Path

import pytest

from agent.config import Config
from agent.errors import PortalError
from agent.portal import client as portal_module
from agent.portal.client import Portal
from agent.portal.device import new_device_key
from agent.wire.errors import JobMalformed
from agent.wire.link.checking import ERRANDS, CardBeingChecked, GovernmentBeingAsked
from agent.wire.link.proofs import public_jwk, thumbprint
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused

KEY = new_device_key()


@pytest.fixture
def portal(server: Counterpart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr(portal_module, "RETRY_PAUSES", (0.01, 0.01, 0.01))
    jwk = public_jwk(KEY)
    server.devices[thumbprint(jwk)] = jwk
    return Portal(Config(tmp_path, (), tmp_path, "nl", False, None), server.url, KEY, "nl")


def test_a_call_is_made_again_until_the_government_has_answered(portal: Portal, server: Counterpart) -> None:
    """Each time with a proof of its own, and a GET like a POST."""
    server.questions_asked = 3
    assert portal.jobs() == ()
    assert [status for _method, path, status in server.calls if path.endswith("/jobs")] == [
        202,
        202,
        202,
        200,
    ]
    assert ERRANDS in server.knows


def test_card_and_government_may_be_asked_one_after_the_other(portal: Portal, server: Counterpart) -> None:
    server.checks_of_cards, server.questions_asked = 2, 2
    with pytest.raises(PortalError) as refused:
        portal.records("A" * 22, b"one", b"two")
    assert refused.value.code == "job_unknown"
    assert [status for _method, _path, status in server.calls] == [202, 202, 202, 202, 404]


def test_questions_without_end_are_given_up(
    portal: Portal, server: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_module, "ERRAND_SECONDS", 0.05)
    server.questions_asked = 10_000
    with pytest.raises(PortalError) as refused:
        portal.jobs()
    assert refused.value.code == "government_unavailable"


def test_what_came_of_it_is_told_as_ever(portal: Portal, server: Counterpart) -> None:
    server.refuse = lambda method, path: Refused(409, "government_refused")
    with pytest.raises(PortalError) as refused:
        portal.jobs()
    assert refused.value.code == "government_refused"


def test_the_two_answers_are_told_apart() -> None:
    asking, checking = GovernmentBeingAsked(100).to_json(), CardBeingChecked(100).to_json()
    assert GovernmentBeingAsked.from_json(asking) == GovernmentBeingAsked(100)
    assert GovernmentBeingAsked.from_json(checking) is None
    assert CardBeingChecked.from_json(asking) is None
    with pytest.raises(JobMalformed):
        GovernmentBeingAsked.from_json(asking | {"more": 1})
