"""The token service by WS-Trust: challenge, token, renewal, and what is refused."""

import uuid
from dataclasses import dataclass

import pytest
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from deploy.sandbox.sessions.words import NS
from tests.sandbox.messages import Reply
from tests.sandbox.sessions.messages import (
    CBE_PAIR,
    TRUST_PATH,
    Ask,
    Key,
    answered,
    ask,
    enveloped,
    outcome,
    said,
    send,
    token,
)
from tests.sandbox.sessions.test_saml import OWN, iam, verified_by
from tests.sandbox.tokens.messages import System, system
from tests.support.sandbox import SandboxProcess


@dataclass
class Talk:
    """Both steps of one client."""

    base: str
    asked: Ask
    context: str

    def begin(self, element: etree._Element | None = None, fault: str | None = None) -> Reply:
        element = self.asked.trust(self.context) if element is None else element
        return send(self.base, enveloped(element, self.asked.header), fault, path=TRUST_PATH)

    def end(self, text: str, signer: Key | None = None, fault: str | None = None) -> Reply:
        body = enveloped(answered(self.context, text), signer or self.asked.holder)
        return send(self.base, body, fault, path=TRUST_PATH, action="Challenge")

    def challenge(self, reply: Reply) -> str:
        assert reply.status == 200
        assert reply.element.get("Context") == self.context
        return reply.element.findtext("wst:SignChallenge/wst:Challenge", "", NS)


@pytest.fixture
def hospital(sandbox: SandboxProcess, cards: dict[str, Identity]) -> System:
    return system(sandbox, cards["an"])


@pytest.fixture
def talk(sandbox: SandboxProcess, hospital: System) -> Talk:
    key = Key.of(hospital)
    return Talk(sandbox.production, Ask(key, key, OWN), str(uuid.uuid4()))


def test_a_session_is_given_after_a_challenge(sandbox: SandboxProcess, talk: Talk) -> None:
    reply = talk.end(talk.challenge(talk.begin()))
    assert reply.status == 200
    assert reply.element.get("Context") == talk.context
    assert said(reply) == OWN
    found = reply.element.find("wst:RequestedSecurityToken/saml:Assertion", NS)
    assert found is not None
    assert verified_by(found, iam(sandbox)[-1])


def test_a_challenge_is_answered_once_and_as_it_was(talk: Talk) -> None:
    text = talk.challenge(talk.begin())
    assert outcome(talk.end("AAAA")) == "wst:RequestFailed CHALLENGE_WRONG"
    assert outcome(talk.end(text)) == "wst:RequestFailed CHALLENGE_UNKNOWN"
    again = talk.challenge(talk.begin())
    assert again != text
    assert talk.end(again).status == 200
    assert outcome(talk.end(again)) == "wst:RequestFailed CHALLENGE_UNKNOWN"


def test_the_holder_of_the_key_answers(
    sandbox: SandboxProcess, hospital: System, cards: dict[str, Identity]
) -> None:
    card = Key.on(cards["an"])
    talk = Talk(sandbox.production, Ask(card, Key.of(hospital), OWN), str(uuid.uuid4()))
    assert outcome(talk.end(talk.challenge(talk.begin()), card)) == "wst:RequestFailed HOLDER_NOT_PROVEN"
    assert talk.end(talk.challenge(talk.begin())).status == 200


def test_a_token_is_renewed_and_a_forged_one_is_not(talk: Talk) -> None:
    old = token(talk.end(talk.challenge(talk.begin())))

    def renewing(assertion: bytes) -> etree._Element:
        wsse = NS["wsse"]
        body = (
            f'<wst:RenewTarget><wsse:SecurityTokenReference xmlns:wsse="{wsse}"><wsse:Embedded>'
            f"{assertion.decode()}</wsse:Embedded></wsse:SecurityTokenReference></wst:RenewTarget>"
        )
        return talk.asked.trusting(talk.context, "Renew", body)

    data = etree.tostring(old)
    renewed = talk.end(talk.challenge(talk.begin(renewing(data))))
    assert said(renewed) == OWN
    assert token(renewed).get("AssertionID") != old.get("AssertionID")
    forged = data.replace(b"0406798006<", b"0809394427<")
    assert outcome(talk.begin(renewing(forged))) == "wsse:FailedCheck INVALID_SIGNATURE"


def test_what_is_refused_is_a_fault(talk: Talk) -> None:
    talk.asked.values = dict.fromkeys(CBE_PAIR, "0809394427")
    assert outcome(talk.begin()) == "wst:RequestFailed IDENTITY_MISMATCH"
    talk.asked.values = OWN
    assert outcome(talk.begin(fault="refused")) == "wst:RequestFailed REQUEST_REFUSED"
    element = talk.asked.trust(talk.context)
    element[0].text = "another type"
    assert outcome(talk.begin(element)) == "wst:RequestFailed MALFORMED_REQUEST"


def test_the_saml_body_finds_its_way_on_this_path_too(sandbox: SandboxProcess, talk: Talk) -> None:
    body = enveloped(talk.asked.saml(), talk.asked.header)
    assert outcome(send(sandbox.production, body, path=TRUST_PATH)) == "success"
    assert outcome(ask(sandbox.production, Ask(talk.asked.header, talk.asked.holder, OWN))) == "success"
