"""The doctor's look at reader, middleware and card: why its signature is refused, and whose business that is.

"Invalid signature of the identity card" has two families of causes. The card: its Signature certificate is missing,
not meant for signing (no nonRepudiation), suspended, revoked or expired; the municipality mends that. Or what stands
between card and software: a reader or a middleware that gives a signature which does not verify; another reader mends
that.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from agent.card.checks import check_authentication_certificate, check_signature_certificate
from agent.card.eid import AskPin, Card, CardReader
from agent.card.revocation import Status, certificate_status
from agent.errors import AgentError, Cancelled, CardError
from agent.findings import Finding, Level, Report
from agent.wire.errors import SignatureInvalid
from agent.wire.link.enrolment import verify_enrolment_signature

OLDEST_FOR_P384: Final = (5, 0)
"""Middleware that knows the cards issued since 2021 (applet 1.8, P-384 keys). Inferred from its release notes."""

_SIGNATURE_WRONG: Final = (
    *("signature:card_expired", "signature:not_a_signature_certificate"),
    *("status_signature:card_revoked", "suspended_signature"),
)

TEST_TAG: Final = b"ehportal doctor: a test that proves nothing to anybody\0"
"""Before the random challenge, so that the signature can serve for nothing else."""


class CardDoctor:
    """Looks at one reader's card. `ask_pin` allows a test signature with the Authentication key; None makes none."""

    def __init__(self, report: Report, *, ask_pin: AskPin | None = None) -> None:
        self._report = report
        self._ask_pin = ask_pin

    def examine(self, reader: CardReader, path: str, *, official: bool, now: datetime) -> Iterator[Finding]:
        """Yield all findings; an error that ends the look is the last one."""
        card: Card | None = None
        try:
            info = reader.middleware()
            yield self._report.ok("middleware", name=info["name"], version=info["version"], path=path)
            readers, _ = reader.readers()
            if readers == 0:
                yield self._report.failed("reader", CardError("no_reader"))
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
        except CardError as error:
            yield self._without_card(reader, error)
            return
        except AgentError as error:
            yield self._report.failed("card", error)
            return
        yield self._report.ok("card", holder=f"{card.first_names} {card.surname}")
        certificates = list(self._certificates(card, now))
        yield from certificates
        if self._ask_pin is not None:
            yield self._test(reader, card, self._ask_pin)
        yield self._message({finding.key for finding in certificates if finding.level != "ok"})

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

    def _without_card(self, reader: CardReader, error: CardError) -> Finding:
        """Say why the card could not be read: which certificate is missing, where that is the cause."""
        if error.code == "card_incomplete":
            try:
                there = reader.certificates()
            except AgentError:
                there = frozenset({"Authentication", "Signature"})
            for label in ("Signature", "Authentication"):
                if label not in there:
                    return self._report.note(f"{label.lower()}_missing", "fail")
        return self._report.failed("card", error)

    def _certificates(self, card: Card, now: datetime) -> Iterator[Finding]:
        for purpose, certificate in (("Authentication", card.authentication), ("Signature", card.signature)):
            key, end = purpose.lower(), f"{certificate.not_valid_after_utc:%d/%m/%Y}"
            begin = f"{certificate.not_valid_before_utc:%d/%m/%Y}"
            try:
                if purpose == "Signature":
                    check_signature_certificate(certificate, now=now)
                else:
                    check_authentication_certificate(certificate, now=now)
            except CardError as error:
                failed = self._report.failed(key, error)
                if error.code == "card_expired":
                    text = self._report.texts(f"doctor.expired_{key}", begin=begin, end=end)
                    failed = replace(failed, text=text)
                yield failed
                continue
            yield self._report.ok(f"certificate_{key}", end=end)
            yield self._status(key, certificate, card, now)
        if len(card.authorities) < 2:
            yield self._report.note("authorities_missing", "fail")

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

    def _message(self, wrong: set[str]) -> Finding:
        """Say what the official application's message means for a card with these findings that are `wrong`."""
        if wrong & {*_SIGNATURE_WRONG}:
            return self._report.note("message_card", "note")
        if "status_unknown" in wrong:
            return self._report.note("message_unknown", "note")
        return self._report.ok("message_reader")

    def _test(self, reader: CardReader, card: Card, ask_pin: AskPin) -> Finding:
        """Let the card sign a random challenge and verify that here. The worker logs out again, whatever happens."""
        challenge = TEST_TAG + secrets.token_bytes(32)
        elliptic = isinstance(card.authentication.public_key(), ec.EllipticCurvePublicKey)
        try:
            signature = reader.sign(card, "Authentication", challenge, ask_pin=ask_pin)
        except Cancelled:
            return self._report.note("test_cancelled", "note")
        except CardError as error:
            return self._report.failed("test", error)
        try:
            verify_enrolment_signature(
                card.authentication, challenge, signature, "ES384" if elliptic else "RS256"
            )
        except SignatureInvalid:
            return self._report.note("test_bad", "fail")
        return self._report.ok("test_good")


def _is_governments(info: dict[str, str], *, official: bool) -> bool:
    """Return whether it is the government's middleware; other modules count slots and versions in their own way."""
    return official or "belgi" in info["maker"].lower()
