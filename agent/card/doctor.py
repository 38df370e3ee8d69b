"""The doctor's look at reader, middleware and card: why its signature is refused, and whose business that is.

"Invalid signature of the identity card" has two families of causes. The card: its Signature certificate is missing,
not meant for signing (no nonRepudiation), suspended, revoked or expired; the municipality mends that. Or what stands
between card and software: a reader or a middleware that gives a signature which does not verify; another reader mends
that.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from agent.card.causes import NO_KEY
from agent.card.checks import PURPOSES, check_certificate, check_chain, check_key
from agent.card.eid import AskPin, Card, CardReader, Purpose
from agent.card.pin_words import announcement
from agent.card.revocation import Status, certificate_status
from agent.card.service import no_reader
from agent.errors import AgentError, Cancelled, CardError
from agent.findings import Finding, Level, Report
from agent.wire.days import written_day
from agent.wire.errors import SignatureInvalid
from agent.wire.link.enrolment import verify_enrolment_signature

OLDEST_FOR_P384: Final = (5, 0)
"""Middleware that knows the cards issued since 2021 (applet 1.8, P-384 keys). Inferred from its release notes."""

TEST_TAG: Final = b"ehportal doctor: a test that proves nothing to anybody\0"
"""Before the random challenge, so that the signature can serve for nothing else."""


@dataclass(frozen=True)
class Trial:
    """The person at the card, who lets it make test signatures: the PIN where we ask it, yes or no, and being told."""

    ask_pin: AskPin
    agree: Callable[[str], bool]
    tell: Callable[[str], None]


class CardDoctor:
    """Looks at one reader's card. A `trial` allows test signatures; without one there are none."""

    def __init__(self, report: Report, *, trial: Trial | None = None) -> None:
        self._report = report
        self._trial = trial

    def examine(self, reader: CardReader, path: str, *, official: bool, now: datetime) -> Iterator[Finding]:
        """Yield all findings; an error that ends the look is the last one."""
        card: Card | None = None
        try:
            info = reader.middleware()
            yield self._report.ok("middleware", name=info["name"], version=info["version"], path=path)
            readers, _ = reader.readers()
            if readers == 0:
                yield self._report.failed("reader", no_reader())
                return
            yield self._report.ok("reader", count=str(readers))
            if readers > 1 and _is_governments(info, official=official):
                yield self._report.note("readers_several", "note", count=str(readers))
            try:
                card = reader.card()
            finally:
                # An old middleware is why a new card cannot be read, so it is told of before the card's own error.
                old = self._middleware_age(info, card, official=official)
                if old is not None:
                    yield old
        except AgentError as error:
            yield self._report.failed("card", error)
            return
        yield self._report.ok("card", holder=f"{card.first_names} {card.surname}")
        for raw in card.skipped:
            yield self._report.note("reader_skipped", "note", raw=raw)
        found = list(self._findings(card, now))
        yield from found
        tests = list(self._tests(reader, card, now))
        yield from tests
        yield self._message(found, tests)

    def _middleware_age(self, info: dict[str, str], card: Card | None, *, official: bool) -> Finding | None:
        numbers = re.match(r"(\d{1,4})\.(\d{1,4})", info["version"])
        if not _is_governments(info, official=official) or numbers is None:
            return None
        if (int(numbers[1]), int(numbers[2])) >= OLDEST_FOR_P384:
            return None
        works = card is not None and not isinstance(
            card.authentication.public_key(), ec.EllipticCurvePublicKey
        )
        level: Level = "note" if works else "fail"
        return self._report.note("middleware_old", level, version=info["version"])

    def _findings(self, card: Card, now: datetime) -> Iterator[Finding]:
        """Yield all that can be seen without a PIN, each cause in the words that every other command has for it."""
        for purpose in PURPOSES:
            key, certificate = purpose.lower(), card.chain(purpose)[0]
            try:
                check_certificate(card, purpose, now=now)
            except CardError as error:
                yield self._report.failed(key, error)
                continue
            yield self._report.ok(f"certificate_{key}", end=written_day(certificate.not_valid_after_utc))
            yield self._status(key, certificate, card, now)
            if card.keys is not None and purpose not in card.keys:
                raw = card.unreadable.get(f"{purpose} key", "")
                yield self._report.failed(key, CardError(NO_KEY[purpose], raw=raw))
        try:
            check_chain(card)
        except CardError as error:
            yield self._report.failed("authorities", error)

    def _status(self, key: str, certificate: x509.Certificate, card: Card, now: datetime) -> Finding:
        status: Status = "unknown"
        if card.authorities:
            status = certificate_status(certificate, card.authorities[0], now=now)
        name = self._report.texts(f"doctor.name_{key}")
        match status:
            case "good":
                return self._report.ok("status_good", certificate=name)
            case "revoked":
                failed = self._report.failed(f"status_{key}", CardError("card_revoked"))
                return replace(failed, text=self._report.texts(f"doctor.revoked_{key}"))
            case "suspended":
                return self._report.note(f"suspended_{key}", "fail")
            case _:
                return self._report.note("status_unknown", "note", certificate=name)

    def _message(self, found: list[Finding], tests: list[Finding]) -> Finding:
        """Say what the official application's message means here; never that the card is good beside a failed test."""
        wrong = {finding.key for finding in found if finding.level == "fail"}
        if any(key.startswith(("signature:", "status_signature:", "suspended_signature")) for key in wrong):
            return self._report.note("message_card", "note")
        if any(finding.level == "fail" for finding in (*found, *tests)):
            return self._report.note("message_above", "note")
        if any(finding.key == "status_unknown" for finding in found):
            return self._report.note("message_unknown", "note")
        return self._report.ok("message_reader")

    def _tests(self, reader: CardReader, card: Card, now: datetime) -> Iterator[Finding]:
        """A test signature with each key that can make one; with the Signature key only where the person agrees."""
        if self._trial is None:
            return
        if card.keys is None or "Authentication" in card.keys:
            yield self._test(reader, card, "Authentication", self._trial)
        try:
            check_key(card, "Signature", now=now)
        except CardError:
            return  # told above
        if self._trial.agree(self._report.texts("doctor.try_signature")):
            yield self._test(reader, card, "Signature", self._trial)

    def _test(self, reader: CardReader, card: Card, purpose: Purpose, trial: Trial) -> Finding:
        """Let the card sign a random challenge and verify that here. The worker logs out again, whatever happens."""
        challenge, certificate = TEST_TAG + secrets.token_bytes(32), card.chain(purpose)[0]
        elliptic = isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
        key = "test" if purpose == "Authentication" else "test_signature"
        words = announcement(self._report.texts, card)
        if words is not None:
            trial.tell(words)
        try:
            signature = reader.sign(card, purpose, challenge, ask_pin=trial.ask_pin)
        except Cancelled:
            return self._report.note(f"{key}_cancelled", "note")
        except CardError as error:
            return self._report.failed(key, error)
        try:
            verify_enrolment_signature(certificate, challenge, signature, "ES384" if elliptic else "RS256")
        except SignatureInvalid:
            return self._report.note(f"{key}_bad", "fail")
        return self._report.ok(f"{key}_good")


def _is_governments(info: dict[str, str], *, official: bool) -> bool:
    """Return whether it is the government's middleware; other modules count slots and versions in their own way."""
    return official or "belgi" in info["maker"].lower()
