"""Asking for newer revocation lists before those that are kept have to be asked for, and saying when none comes."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from asn1crypto import x509 as asn1_x509
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Least, Now

from certificates.models import RevocationList
from certificates.services.signing.ask_later import spread
from certificates.services.status.judge_by_lists import judge_by_list
from certificates.trust.calls import Calls
from certificates.trust.kept_answers import answers
from certificates.trust.shelf import fetch_list, list_key

UNUSED = timedelta(days=2)
"""After that long without a judgement a list is renewed no more, nor are certificates judged by it all at once."""
WARNING = timedelta(days=1)
"""How long before its end it is said of a list that none follows; of short ones in the last fifth of their time."""

log = structlog.get_logger(__name__)


class ListNotRenewed(Exception):
    """The address gave no list that its issuer signed and that is not over."""


def renew_list(_turn: UUID, list_id: UUID, /, *, now: datetime) -> None:
    """Ask for a newer edition of a kept list, and judge all certificates by it; none that nobody uses any more.

    Call outside transactions.

    Raises what the call raises, or ListNotRenewed: the row tells it, and is tried again.
    """
    rows = RevocationList.objects.filter(pk=list_id)
    kept = rows.select_related("issuer").defer("content").get()
    if kept.used_at < now - UNUSED:
        rows.update(next_attempt_at=None)
        return
    shared, calls = answers(), Calls()
    key = list_key(kept.address, asn1_x509.Certificate.load(bytes(kept.issuer.der)))
    try:
        with shared.only_one(kept.address):
            came = fetch_list(kept.address, [key], calls, shared)
    except Exception:
        _warn(list_id)
        if calls.resting:  # nobody was asked, and the circuit says so already
            rows.update(next_attempt_at=max(now, calls.resting[0].until) + spread())
            return
        raise
    _warn(list_id)
    known = shared.known(key)
    if known is None or known.content != came or known.ends <= now:
        raise ListNotRenewed
    judge_by_list(list_id, now=now)


def ending() -> Q:
    """Return, as SQL over lists, which of them end soon: their successors should stand there by now."""
    fifth = ExpressionWrapper((F("next_update") - F("this_update")) / 5, output_field=DurationField())
    notice = Least(fifth, Value(WARNING, output_field=DurationField()))
    return Q(next_update__lte=ExpressionWrapper(Now() + notice, output_field=DateTimeField()))


def _warn(list_id: UUID) -> None:
    """Say once of each edition that it ends and that no other follows."""
    if RevocationList.objects.filter(ending(), pk=list_id, warned_at=None).update(warned_at=Now()):
        kept = RevocationList.objects.select_related("issuer").defer("content").get(pk=list_id)
        log.warning(
            "revocation_list_ends",
            host=urlsplit(kept.address).hostname,
            issuer=kept.issuer_id,
            ends=kept.next_update.isoformat(),
        )
