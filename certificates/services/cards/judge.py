"""Asking a card's authority: what a worker does with a planned check, within a time that nobody can stretch."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.db.models import DurationField, Q, Value
from django.db.models.functions import Now

from certificates.models.card_check import CardCheck
from certificates.services.cards.ask import GOOD
from certificates.trust.cards import check_revocation
from organisations.errors import CardRefused, CardStatusUnknown, Unreadable
from organisations.sealing import unseal
from outside.deadline import within

SILENCE = timedelta(seconds=30)
"""For how long nobody asks an authority whose host hung; then the next card tries it again."""

ANSWERS = timedelta(seconds=60)
"""For how long an authority that answered is taken to answer the next question too."""
MEANWHILE = timedelta(milliseconds=500)
"""How long a check rests while another worker finds out whether its authority answers."""


def judge_card(_turn: UUID, check_id: UUID, /, *, now: datetime) -> None:
    """Ask the authority of a planned check and write down what it said; call outside transactions.

    Where its host hung a moment ago nobody waits for it again: the card's state is unknown at once.
    """
    check = CardCheck.objects.get(pk=check_id)
    if check.sealed_chain is None:
        CardCheck.objects.filter(pk=check_id).update(next_attempt_at=None)
        return
    if _another_finds_out(check):
        again = Now() + Value(MEANWHILE, output_field=DurationField())
        CardCheck.objects.filter(pk=check_id).update(next_attempt_at=again)
        return
    silent = CardCheck.objects.filter(authority=check.authority, silent_at__gt=Now() - SILENCE).exists()
    outcome, hung = (CardStatusUnknown.__name__, False) if silent else _judge_sealed(check, now)
    # Where nobody was asked, the silence goes on as it was noted, and ends when it would have.
    heard = {} if silent else {"silent_at": Now() if hung else None}
    CardCheck.objects.filter(pk=check_id).update(
        outcome=outcome, sealed_chain=None, next_attempt_at=None, judged_at=Now(), **heard
    )


def _another_finds_out(check: CardCheck) -> bool:
    """Return whether another worker asks this authority just now, and it is not known to answer.

    So a host that hangs takes one worker of the lane; what else people wait for goes on with the others. One that
    answered a moment ago is asked by as many as there are.
    """
    if check.leased_until is None:
        return False
    # Leases of a kind are given one after the other: of two that begin at once the earlier asks.
    earlier = CardCheck.objects.filter(authority=check.authority, leased_until__lt=check.leased_until)
    # One whose worker died is not waited for: its lease is long, the question was not.
    asking = timedelta(seconds=settings.WORK_LEASE - settings.CARD_CHECK_SECONDS - 2)
    begun = Now() + Value(asking, output_field=DurationField())
    if not earlier.filter(leased_until__gt=begun, next_attempt_at__isnull=False).exists():
        return False
    unknown = Q(outcome="") | Q(outcome=CardStatusUnknown.__name__)
    answered = CardCheck.objects.filter(authority=check.authority, judged_at__gt=Now() - ANSWERS).exclude(
        unknown
    )
    return not answered.exists()


def _chain(check: CardCheck) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(der) for der in _parts(unseal(check.sealed_chain or b""))]


def _parts(joined: bytes) -> Iterator[bytes]:
    while joined:
        size = int.from_bytes(joined[:4], "big")
        yield joined[4 : 4 + size]
        joined = joined[4 + size :]


def _judge_sealed(check: CardCheck, now: datetime) -> tuple[str, bool]:
    """Do as `_judge`; of what no key opens nothing is known, and whoever asks again sends it anew."""
    try:
        chain = _chain(check)
    except Unreadable:
        return CardStatusUnknown.__name__, False
    return _judge(chain, now)


def _judge(chain: Sequence[x509.Certificate], now: datetime) -> tuple[str, bool]:
    """Return the outcome, and whether there was none because a host hung; all calls together take a bounded time."""
    began = time.monotonic()
    try:
        with within(settings.CARD_CHECK_SECONDS):
            check_revocation(chain[0], chain[1:], now=now)
    except CardRefused as refusal:
        unknown = isinstance(refusal, CardStatusUnknown)
        patience = min(settings.REVOCATION_TIMEOUT, settings.CARD_CHECK_SECONDS)
        return type(refusal).__name__, unknown and time.monotonic() - began >= patience
    return GOOD, False
