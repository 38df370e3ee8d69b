"""The sitting with the server of today, in this process: a hospital, a card of the sandbox, a job that waits."""

from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from agent.portal import client as portal_module
from agent.wire.jobs import KNOWS_HEADER, CertificateJob, fields_known
from agent.wire.link.checking import CARD_CHECKS, ERRANDS
from agent.wire.link.enrolment import enrolment_message
from agent.wire.link.proofs import public_jwk, thumbprint_bytes
from agent.wire.protocol import PROTOCOL_HEADER
from certificates.api import holding
from certificates.models import CardCheck
from tests.support.holder import Holder, issue_identity, raw_sign
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import check_cards
from tests.wire.frozen.script import Card, Recorder, Sitting, origin, play, portal_with
from tests.wire.link.test_installations import REPORT


@dataclass
class Live:
    """What came of it, and every exchange."""

    sitting: Sitting
    exchanges: list[dict[str, Any]]
    jwk: dict[str, str]


def card_of(holder: Holder) -> Card:
    """What the sitting needs of a holder's card, for the key of the holder's device."""

    def identify(nonce: bytes) -> bytes:
        message = enrolment_message(origin(), nonce, thumbprint_bytes(public_jwk(holder.device_key)))
        return raw_sign(holder.identity.authentication_key, message)

    def sign(job: CertificateJob) -> bytes:
        return holder.signed(job.request)

    chain = holder.chain(holder.identity.authentication)
    return Card(identify, tuple(one.public_bytes(Encoding.DER) for one in chain), "ES384", sign)


def play_live(
    government: SandboxProcess, monkeypatch: pytest.MonkeyPatch, *, of_before: bool = False
) -> Live:
    """Play the sitting; workers check cards in the pauses of the agent, and while the server holds a call.

    `of_before` plays it as an agent of the first protocol would, which knows nothing of checks.
    """
    hospital = make_hospital()
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    earlier = Holder(holder.identity)  # a request is offered once a workstation of its holder is there
    assert earlier.enrol().status_code == 201
    hospital.step(hospital.request(application_id="FROZEN"))
    clear_checks()
    monkeypatch.setattr(portal_module, "time", _Pauses())
    monkeypatch.setattr(holding, "time", _Pauses())
    recorder = Recorder()
    portal = portal_with(recorder, holder.device_key, origin(), monkeypatch)
    if of_before:
        del portal._session.headers[PROTOCOL_HEADER]
        known = fields_known(str(portal._session.headers[KNOWS_HEADER])) - {CARD_CHECKS, ERRANDS}
        portal._session.headers[KNOWS_HEADER] = ",".join(sorted(known))
    sitting = play(portal, card_of(holder), REPORT)
    return Live(sitting, recorder.exchanges, dict(public_jwk(holder.device_key)))


def clear_checks() -> None:
    """Forget what was heard of cards, so that the sitting meets a check."""
    CardCheck.objects.all().delete()


class _Pauses:
    """The agent's clock: in its pauses the workers check cards."""

    _now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        check_cards()
