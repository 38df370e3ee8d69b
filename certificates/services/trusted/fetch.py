"""Asking for a trusted list: its digest first, then the list itself. What is wrong with it changes nothing here."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models.functions import Coalesce

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import Refusal
from certificates.models import WatchedList
from certificates.services.trusted.operators import anchors
from certificates.services.trusted.take_up import renumber, take_up
from certificates.services.trusted.watch import next_look
from certificates.trust.lists.acceptance import digest_of, read_digest
from certificates.trust.lists.reading import read_list
from certificates.trust.lists.refused import ListRefused
from certificates.trust.lists.signature import MOST_BYTES, verify
from organisations.services.work.claims import plan_next
from outside.errors import CallFailed
from outside.http import exchange
from outside.sockets import Limits

MOST_DIGEST_BYTES = 4096
PAUSES = {Refusal.HASH: timedelta(minutes=5), Refusal.UNREACHABLE: timedelta(minutes=20)}
"""After these it is asked for again soon: caught while it was being published, or nobody was there."""
PAUSE = timedelta(hours=1)

log = structlog.get_logger(__name__)


def fetch_list(_turn: UUID, list_id: UUID, /, *, now: datetime) -> None:
    """Ask for a list and take up what is new and right; what is wrong is noted, and the last good one stays.

    Call outside transactions.
    """
    watched = (
        WatchedList.objects.select_related("current")
        .defer("current__content", "current__signed")
        .get(pk=list_id)
    )
    if not watched.address or watched.closed_at:
        plan_next(WatchedList, list_id, None, now)
        return
    rows = WatchedList.objects.filter(pk=list_id)
    try:
        changed = _ask(watched, now)
    except ListRefused as refused:
        log.warning(
            "trusted_list_refused",
            list=str(watched),
            reason=refused.reason,
            why=str(refused),
        )
        rows.update(asked_at=now, refusal=refused.reason, refused_since=Coalesce("refused_since", now))
        plan_next(WatchedList, list_id, now + PAUSES.get(refused.reason, PAUSE), now)
        return
    rows.update(asked_at=now, confirmed_at=now, refusal="", refused_since=None)
    if not changed:
        renumber(Environment(watched.environment), watched.kind)
    closed = rows.filter(closed_at__isnull=False).exists()
    plan_next(WatchedList, list_id, None if closed else next_look(now), now)


def _ask(watched: WatchedList, now: datetime) -> bool:
    """Return whether something new was taken up. Raises ListRefused."""
    told, held = _digest(watched.address), watched.current
    fresh = held is not None and held.next_update is not None and held.next_update > now
    if held is not None and fresh and told == held.digest:
        return False
    content = _get(watched.address, MOST_BYTES + 1)
    if told and digest_of(content) != told:
        raise ListRefused(Refusal.HASH, "other bytes than the digest beside the list is of")
    signed = verify(content, anchors(Environment(watched.environment)), now)
    found = read_list(signed.data)
    return take_up(watched.pk, content, signed, found, now=now)


def _digest(address: str) -> str:
    """Return the digest beside a list; empty where there is none: it only saves a download, the signature proves."""
    try:
        return read_digest(_get(f"{address.removesuffix('.xml')}.sha2", MOST_DIGEST_BYTES))
    except ListRefused as refused:
        log.info("no_digest_beside_list", why=str(refused))
        return ""


def _get(address: str, most_bytes: int) -> bytes:
    seconds = settings.TSL_DEADLINE
    limits = Limits(connecting=seconds, silence=seconds, total=seconds)
    try:
        answer = exchange("GET", address, headers={}, limits=limits, most_bytes=most_bytes)
    except (CallFailed, ValueError) as error:
        raise ListRefused(Refusal.UNREACHABLE, str(error)) from error
    if answer.status != 200:
        raise ListRefused(Refusal.UNREACHABLE, f"status code {answer.status}")
    return answer.content
