"""Ending a certificate: shown, signed with the eID, handed in, and followed until somebody outside confirms it.

Nothing of it is kept on disk: the signature makes no key, and a second one for the same job is refused by the server.
"""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from agent.card.checks import check_card, check_job
from agent.config import Config
from agent.consent.revocation import revocation_page
from agent.errors import AgentError, ExitCode, PortalError
from agent.language import Texts, shown_path
from agent.language import command as typed
from agent.portal.answers import Outcome
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.scan.dead import stores_with
from agent.tasks.card_sitting import CardSitting
from agent.ui import Dialogue
from agent.wire.jobs import RevocationJob
from agent.wire.pki.keys import certificate_fingerprint
from agent.wire.xml.revoke import build_revoke

ENDED: Final = {
    "rejected": "revocation_rejected",
    "gave_up": "revocation_gave_up",
    "cancelled": "revocation_cancelled",
    "declined": "revocation_declined",
}
"""By state in which a revocation came to nothing, the problem that is told."""
UNDER_WAY: Final = ("submitting", "waiting", "outcome_unknown")


@dataclass(frozen=True)
class RevocationTask:
    """Does one revocation; `wait_seconds` is how long its outcome is waited for."""

    config: Config
    device: Device
    portal: Portal
    dialogue: Dialogue
    texts: Texts
    wait_seconds: float = 600.0

    def run(self, job: RevocationJob) -> ExitCode:
        """Show the revocation, sign it, hand it in and follow it. Raises AgentError, which says what to do next."""
        check_job(job, origin=self.device.origin, now=_now())
        sitting = CardSitting(self.dialogue, self.texts)
        with sitting.reader(self.config) as reader:
            card = sitting.card(reader)
            check_card(job, card, now=_now())
            unsigned = build_revoke(job.request, request_id=f"_{uuid.uuid4()}", issue_instant=_now())
            if not self.dialogue.consent(revocation_page(job, unsigned, self.texts)):
                sitting.refused(self.portal, job.id)
            signed = sitting.sign(reader, card, unsigned)
        self.dialogue.progress(self.texts("revoke.sending"))
        if self.portal.submit(job.id, signed) != job.request.public_key_identifier:
            raise PortalError("server_unexpected")
        return self.follow(job.id, fingerprint=job.certificate.fingerprint)

    def follow(self, job_id: str, *, fingerprint: str = "") -> ExitCode:
        """Ask until the end is confirmed: DONE; or WAITING when that takes longer than `wait_seconds`.

        `fingerprint` is the certificate's that was signed for, where that is known. Raises AgentError when it came
        to nothing.
        """
        deadline, told = time.monotonic() + self.wait_seconds, ""
        while True:
            outcome = self.portal.outcome(job_id)
            if outcome.state == "completed":
                self._done(outcome, fingerprint)
                return ExitCode.DONE
            if outcome.state in ENDED:
                raise AgentError(
                    ENDED[outcome.state], reason=outcome.problem_text or self.texts("run.no_reason")
                )
            if outcome.state not in UNDER_WAY:
                raise PortalError("server_unexpected")
            if outcome.state != told:
                told = outcome.state
                self.dialogue.progress(self.texts(f"revoke.state.{outcome.state}"))
            if time.monotonic() + outcome.poll_after_seconds > deadline:
                command = typed("run", job_id)
                self.dialogue.say(self.texts("revoke.still_waiting", command=command))
                return ExitCode.WAITING
            self.dialogue.pause(outcome.poll_after_seconds)

    def _done(self, outcome: Outcome, fingerprint: str) -> None:
        dead = outcome.certificates[0] if outcome.certificates else None
        if dead is not None and fingerprint not in ("", certificate_fingerprint(dead)):
            raise PortalError("server_unexpected")
        self.dialogue.say(self.texts("revoke.done"))
        if dead is not None:
            self._tell_stores(dead, outcome.environment)

    def _tell_stores(self, dead: x509.Certificate, environment: str) -> None:
        """Say which key stores here hold the dead certificate, and why they must not go."""
        found = stores_with(self.config, dead, environment)
        for file in found.certain:
            self.dialogue.say(self.texts("revoke.store_here", file=shown_path(file)))
        for file in found.likely:
            self.dialogue.say(self.texts("revoke.store_likely", file=shown_path(file)))
        if not found.certain and not found.likely:
            folder = shown_path(self.config.keystore_folder)
            self.dialogue.say(self.texts("revoke.no_store_here", folder=folder))
        self.dialogue.say(self.texts("revoke.keep_stores"))


def _now() -> datetime:
    return datetime.now(UTC)
