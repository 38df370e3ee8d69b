"""The proof that a certificate logs in, as one verdict."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.pkcs12 import Contents
from agent.sessions.answer import NotTaken, read_answer
from agent.sessions.request import build_request
from agent.sessions.service import CALL_SECONDS, NoAnswer, ask
from agent.stores.contents import AuthenticationEntry
from agent.stores.environments import environment_told_by
from agent.wire.errors import PathInvalid
from agent.wire.link.sessions import OK, RECORDED, SessionPlace, SessionProof
from agent.wire.pki.paths import path_to_anchor

CLOCK_SECONDS: Final = 60
"""From what difference on a refusal is the clock's fault: for so long a request is fresh."""
_BY_CLOCK: Final = frozenset(
    {"clock", "fault", "refused", "certificate_refused", "not_valid_now", "signer_ended"}
)
"""Verdicts that a wrong clock explains."""
_VALUES: Final = frozenset({"true", "false"})


@dataclass(frozen=True)
class Login:
    """The proof, and the platform's own sentence where it refused: for the person at the screen, kept nowhere."""

    proof: SessionProof
    said: str = ""

    @property
    def not_recognised(self) -> bool:
        """True when the platform certifies of this holder that it does not recognise it."""
        return any(value == "false" for _name, value in self.proof.attributes)


def prove_login(
    place: SessionPlace,
    contents: Contents,
    entry: AuthenticationEntry,
    *,
    ca_file: Path | None = None,
    seconds: float = CALL_SECONDS,
) -> Login:
    """Ask for a session with the certificate of a key store, and judge what comes back. Never raises for it.

    A certificate of another environment than the place's is not sent anywhere.
    """
    clock = 0

    def judged(verdict: str, said: str = "") -> Login:
        if verdict in _BY_CLOCK and abs(clock) > CLOCK_SECONDS:
            verdict = "clock"
        elif verdict == "clock":
            verdict = "fault"  # the platform finds the request too old, and our clock agrees with its own
        return Login(SessionProof(verdict, place.environment, clock_seconds=clock), said)

    verdict = _obstacle(place, contents, entry, datetime.now(UTC))
    request = None if verdict else build_request(entry, now=datetime.now(UTC))
    if request is None:
        return judged(verdict or "identity_unknown")
    try:
        answer = ask(place.address, request.envelope, ca_file=ca_file, seconds=seconds)
        clock = answer.clock_seconds
        token = read_answer(answer.body, request, entry.certificate, place.signers, now=datetime.now(UTC))
    except NoAnswer as problem:
        return judged(problem.verdict)
    except NotTaken as problem:
        return judged(problem.verdict, problem.said)
    said = {**request.identity, **token.certified}
    return Login(
        SessionProof(
            OK,
            place.environment,
            token.not_before,
            token.not_on_or_after,
            token.signer,
            token.digest,
            token.weak_signature,
            clock,
            tuple((name, value) for name, value in said.items() if name in RECORDED and _is_kept(value)),
        )
    )


def _is_kept(value: str) -> bool:
    return value in _VALUES or (value.isascii() and value.isdigit() and 4 <= len(value) <= 11)


def _obstacle(place: SessionPlace, contents: Contents, entry: AuthenticationEntry, now: datetime) -> str:
    """Return why the certificate is not sent to this place; empty when it may be."""
    told = environment_told_by(entry.certificate)
    if told is not None and told != place.environment:
        return "wrong_environment"
    try:
        path_to_anchor(
            entry.certificate, [one.certificate for one in contents.certificates], place.anchors, now=now
        )
    except PathInvalid as error:
        return "certificate_ended" if error.code == "path_expired" else "wrong_environment"
    return ""
