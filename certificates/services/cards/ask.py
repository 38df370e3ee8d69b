"""Asking whether a card may be trusted, without waiting for its authority: a row, a worker, and asking again."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now

from certificates.models.card_check import CardCheck, Purpose
from certificates.trust.cards import check_purpose
from organisations.domain.work import Lane
from organisations.errors import CardExpired, CardOnHold, CardRefused, CardRevoked, CardStatusUnknown
from organisations.sealing import seal
from organisations.services.work.wakes import wake_on_commit

GOOD = "good"
REFUSALS: dict[str, type[CardRefused]] = {
    refusal.__name__: refusal
    for refusal in (CardExpired, CardOnHold, CardRefused, CardRevoked, CardStatusUnknown)
}
"""What a check may end with besides GOOD, by its name in the row: two refusals share a code."""
FRESH = timedelta(minutes=5)
"""For how long a verdict serves the same card again: enrolling, reading, and a signature in one sitting."""
PATIENCE = timedelta(seconds=45)
"""How long somebody is told to wait for a check that no worker finishes."""
KEPT = timedelta(hours=1)


class CardBeingAsked(Exception):
    """A worker asks the card's authority; ask again in a moment. No refusal."""


def check_card(
    certificate: x509.Certificate, chain: Sequence[x509.Certificate], purpose: Purpose, *, now: datetime
) -> None:
    """Return where the card may be trusted for `purpose`; no network. Call outside transactions.

    What needs no network is checked at once: a certificate of a stranger makes no row. Raises CardBeingAsked while the
    authority's answer is on its way; NotAnAuthenticationCertificate, NotASignatureCertificate, CardExpired,
    CardOnHold, CardRevoked, CardRefused; CardStatusUnknown, which is told once: the next call asks anew.
    """
    check_purpose(certificate, chain, signing=purpose is Purpose.SIGNATURE, now=now)
    ders = [one.public_bytes(Encoding.DER) for one in (certificate, *chain)]
    row = _row(purpose, ders, certificate)
    ages = _rows(row.digest).annotate(
        waited=ExpressionWrapper(Now() - F("asked_at"), output_field=DurationField()),
        age=ExpressionWrapper(Now() - F("judged_at"), output_field=DurationField()),
    )
    found = ages.first()
    if found is None:  # forgotten between two questions: the next call makes it anew
        raise CardBeingAsked
    if found.next_attempt_at is not None:
        if found.waited <= PATIENCE:
            raise CardBeingAsked
        # The next who asks waits anew; the check stays planned.
        _rows(row.digest).update(asked_at=Now())
        raise CardStatusUnknown
    if found.outcome and found.age is not None and found.age <= FRESH:
        _tell(found)
        return
    _plan(row.digest, ders)
    raise CardBeingAsked


def _rows(digest: str) -> QuerySet[CardCheck]:
    return CardCheck.objects.filter(digest=digest)


def _row(purpose: Purpose, ders: Sequence[bytes], certificate: x509.Certificate) -> CardCheck:
    """Return the row of this question; a new one is not planned yet."""
    whole = hashlib.sha256(purpose.encode())
    for der in ders:
        whole.update(hashlib.sha256(der).digest())
    digest = whole.hexdigest()
    row, _ = CardCheck.objects.get_or_create(
        digest=digest,
        defaults={
            "purpose": purpose,
            # Few, so that the workers' memory of who was served does not grow with the cards.
            "turn": UUID(int=hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()[0]),
            "authority": hashlib.sha256(certificate.issuer.public_bytes()).hexdigest(),
        },
    )
    return row


def _plan(digest: str, ders: Sequence[bytes]) -> None:
    """Have a worker judge these certificates now, unless one was asked to meanwhile."""
    sealed = seal(b"".join(len(der).to_bytes(4, "big") + der for der in ders))
    planned = _rows(digest).filter(next_attempt_at=None)
    if planned.update(
        sealed_chain=sealed, outcome="", asked_at=Now(), next_attempt_at=Now(), tries=0, failure=None
    ):
        wake_on_commit(Lane.ASKED)


def _tell(found: CardCheck) -> None:
    if found.outcome == GOOD:
        return
    refusal = REFUSALS[found.outcome]
    if refusal is CardStatusUnknown:
        _rows(found.digest).filter(next_attempt_at=None).update(outcome="")
    raise refusal


def forget_old_checks(*, now: datetime) -> int:
    """Delete checks that nobody asked for in the last hour; return how many. `now` is the database's."""
    idle = Q(leased_until=None) | Q(leased_until__lte=now)
    deleted, _ = CardCheck.objects.filter(idle, asked_at__lt=now - KEPT).delete()
    return deleted
