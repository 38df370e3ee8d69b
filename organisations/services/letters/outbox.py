"""Letters about accounts leave by workers: a page writes a row, and a link is made as its letter is sent."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import structlog
from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from organisations.domain.work import Lane
from organisations.models import AccountLetter, User
from organisations.models.queued import AS_IF_NEVER_FAILED
from organisations.sealing import seal, unseal
from organisations.services.letters.accounts import LINK, account_letter, link_for
from organisations.services.letters.mail import Delivery, DeliveryStatus, send
from organisations.services.work.wakes import wake_on_commit

log = structlog.get_logger(__name__)

WORTH = timedelta(days=1)
"""For how long a letter is tried: later it would surprise more than help."""
OUTAGE = (timedelta(seconds=10), timedelta(minutes=5))
"""The least and the most that it rests after the mail server could not be reached; in between as long as it is old."""
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long a refused letter waits; after the last one nothing more is tried."""
SENDERS = 64
"""Into how many turns the accounts are put: the workers' memory of who was served does not grow with them."""


def tell_account(account: User, kind: str) -> None:
    """Have a letter sent about what happened to an account. Raises KeyError for one that has no words."""
    account_letter(kind, account)
    AccountLetter.objects.create(
        kind=kind, account=account, turn=_turn(account.pk.bytes), next_attempt_at=Now()
    )
    wake_on_commit(Lane.NOTICES)


@transaction.atomic
def ask_for_password(address: str) -> None:
    """Have the link to a password sent to whom `address` belongs; the same work whether it is anybody's or not."""
    digest = _digest(address)
    letter = AccountLetter(
        kind=LINK,
        sealed_address=seal(address.encode()),
        digest=digest.hex(),
        turn=_turn(digest),
        next_attempt_at=Now(),
    )
    AccountLetter.objects.bulk_create([letter], ignore_conflicts=True)
    # One that waits for a mail server is tried at once; one that is being sent comes anyway.
    free = Q(leased_until=None) | Q(leased_until__lte=Now())
    AccountLetter.objects.filter(free, digest=digest.hex()).update(
        next_attempt_at=Now(), asked_at=Now(), **AS_IF_NEVER_FAILED
    )
    wake_on_commit(Lane.NOTICES)


def send_account_letter(_turn_of: UUID, letter_id: UUID, /, *, now: datetime) -> None:
    """Send one claimed letter and forget it; plan the next try where it was not taken. Call outside transactions.

    A worker that dies between letter and note leaves a lease that lapses: then the letter comes twice, which is better
    than never.
    """
    rows = AccountLetter.objects.filter(pk=letter_id)
    letter = rows.filter(next_attempt_at__isnull=False).select_related("account").first()
    if letter is None:
        return
    if letter.asked_at < now - WORTH:
        _give_up(letter, "too old")
        return
    for reader in _readers(letter):
        link = link_for(reader) if letter.kind == LINK else ""
        delivery = send(account_letter(letter.kind, reader, link, at=letter.asked_at))
        if delivery.status is not DeliveryStatus.SENT:
            _try_again(letter, delivery, now)
            return
    rows.delete()


def _readers(letter: AccountLetter) -> list[User]:
    """Return whose letter it is: for an address that is nobody's, nobody."""
    if letter.account is not None:
        return [letter.account]
    address = unseal(letter.sealed_address or b"").decode()
    found: list[User] = filter_users_by_email(address, is_active=True, prefer_verified=True)
    return found


def _try_again(letter: AccountLetter, delivery: Delivery, now: datetime) -> None:
    rows = AccountLetter.objects.filter(pk=letter.pk)
    if delivery.status is DeliveryStatus.UNREACHABLE:
        least, most = OUTAGE
        rows.update(next_attempt_at=now + min(max(now - letter.asked_at, least), most))
    elif letter.attempts < len(PAUSES):
        rows.update(next_attempt_at=now + PAUSES[letter.attempts], attempts=letter.attempts + 1)
    else:
        _give_up(letter, delivery.answer)


def _give_up(letter: AccountLetter, why: str) -> None:
    log.warning("account_letter_given_up", kind=letter.kind, why=why)
    AccountLetter.objects.filter(pk=letter.pk).delete()


def _digest(address: str) -> bytes:
    return hmac.digest(
        str(settings.SSIN_INDEX_KEYS[0]).encode(), b"address\x00" + address.lower().encode(), sha256
    )


def _turn(of: bytes) -> UUID:
    return UUID(int=of[0] % SENDERS)
