"""Who is left behind by a newer side hears so, in the own language, before anything else happens."""

import pytest

from agent.errors import PortalError
from agent.exchange import Answer
from agent.language import LANGUAGES, catalogue
from agent.portal.device import new_device_key
from agent.wire import protocol
from organisations.models import Enrolment
from tests.support.holder import Holder, issue_identity
from tests.support.sandbox import SandboxProcess
from tests.wire.frozen.script import origin, portal_with

TITLES = {
    "en": "The agent on this workstation is too old for this server.",
    "nl": "De agent op dit werkstation is te oud voor deze server.",
    "fr": "L'agent de ce poste est trop ancien pour ce serveur.",
    "de": "Der Agent auf diesem Arbeitsplatz ist zu alt für diesen Server.",
}


@pytest.fixture
def holder(db: None, government: SandboxProcess) -> Holder:
    return Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))


@pytest.mark.parametrize("language", TITLES)
def test_an_agent_that_is_too_old_is_told(
    holder: Holder, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(protocol, "OLDEST_AGENT", 2)
    holder.language = language
    for headers in ({}, {protocol.PROTOCOL_HEADER: "1"}):
        answer = holder.call("POST", "/agent/v1/enrolments", {}, with_key=True, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (426, "agent_too_old")
        assert answer.json()["title"].startswith(TITLES[language])
    assert not Enrolment.objects.exists()
    hello = holder.call("GET", "/agent/v1/hello").json()
    assert hello["protocols"] == {"oldest": 2, "newest": protocol.NEWEST}
    headers = {protocol.PROTOCOL_HEADER: "2"}
    assert holder.call("POST", "/agent/v1/enrolments", {}, with_key=True, headers=headers).status_code == 201


@pytest.mark.parametrize("speaks", ["", "0", "-1", "2.0", "zwei", "12345"])
def test_what_is_no_protocol_is_refused(holder: Holder, speaks: str) -> None:
    headers = {protocol.PROTOCOL_HEADER: speaks}
    answer = holder.call("POST", "/agent/v1/enrolments", {}, with_key=True, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "body_malformed")


def test_an_agent_of_tomorrow_is_not_refused_here(holder: Holder) -> None:
    """It knows how far back it goes itself, from what every answer says."""
    headers = {protocol.PROTOCOL_HEADER: str(protocol.NEWEST + 1)}
    answer = holder.call("POST", "/agent/v1/enrolments", {}, with_key=True, headers=headers)
    assert answer.status_code == 201
    assert answer[protocol.PROTOCOL_HEADER] == str(protocol.NEWEST)
    refused = holder.call("GET", "/agent/v1/jobs")
    assert (refused.status_code, refused[protocol.PROTOCOL_HEADER]) == (401, str(protocol.NEWEST))


@pytest.mark.parametrize(
    ("kind", "headers", "code"),
    [
        ("application/json", {}, "server_too_old"),
        ("application/problem+json", {protocol.PROTOCOL_HEADER: "1"}, "server_too_old"),
        ("application/json", {protocol.PROTOCOL_HEADER: "x"}, "server_unexpected"),
        ("text/html", {}, "server_unexpected"),
    ],
)
def test_a_server_that_is_too_old_is_told_of(
    monkeypatch: pytest.MonkeyPatch, kind: str, headers: dict[str, str], code: str
) -> None:
    """A page of somebody else on the way is no server at all."""
    monkeypatch.setattr(protocol, "OLDEST_SERVER", 2)
    answer = Answer(200, {"Content-Type": kind, **headers}, b"{}")
    portal = portal_with(lambda *_: answer, new_device_key(), origin(), monkeypatch)
    with pytest.raises(PortalError) as refused:
        portal.hello()
    assert refused.value.code == code


def test_both_are_said_in_every_language() -> None:
    for language in LANGUAGES:
        said = catalogue(language)
        for code in ("agent_too_old", "server_too_old"):
            assert any(code in key for key in said), (language, code)
