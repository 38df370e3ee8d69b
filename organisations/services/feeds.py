"""Calendar feeds: made, revoked, and opened by the secret in their address.

What a feed may show is asked anew each time it is read: whoever left, or lost the role, ends it by that alone.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from organisations.access import Tenancy, tenancies_of
from organisations.domain.identifiers import mask_ssins
from organisations.domain.roles import Permission, Role, permissions_of
from organisations.errors import FeedRefused
from organisations.models import CalendarFeed, Membership, Organisation, User
from organisations.models.feeds.calendar import FeedEnd
from organisations.services.audit import Actor, record
from organisations.tenancy import NOBODY, acting_for, organisations_of_user

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""What stands in an address: 256 random bits."""
MOST_NAME = 60
MOST = 20
"""Feeds of one person, or of one organisation, that are not revoked."""
USED_AGAIN = timedelta(minutes=5)
"""A feed that was read within so long is not written down anew."""
NEEDS = {True: Permission.MANAGE_ORGANISATION, False: Permission.SEE_INVENTORY}
"""What the maker of a feed must be allowed: of an organisation's, and of one's own."""


def digest_of(secret: str) -> str:
    """Return what is kept of a secret; it has enough entropy to be hashed once."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_feed(
    tenancy: Tenancy, name: str, *, of_organisation: bool, now: datetime
) -> tuple[CalendarFeed, str]:
    """Make a feed of the organisation, or the signed-in member's own; return it and its secret, which nobody keeps.

    An own feed shows all organisations of its maker, so it stands in the record of each. Raises FeedRefused,
    NotPermitted.
    """
    tenancy.require(NEEDS[of_organisation])
    name = mask_ssins(" ".join(name.replace("\0", "").split()))
    if not name or len(name) > MOST_NAME:
        raise FeedRefused(field="name")
    user, here = tenancy.user, tenancy.organisation if of_organisation else None
    if feeds_of(user, here).count() >= MOST:
        raise FeedRefused(_("There are twenty calendar feeds already. Revoke one that nobody uses."))
    secret = secrets.token_urlsafe(32)
    with acting_for(_recorded_in(user, here), user=user.pk):
        feed = CalendarFeed.objects.create(
            user=user, organisation=here, name=name, secret_digest=digest_of(secret), created_at=now
        )
        _record(feed, "feed_made", actor=Actor.of(tenancy), now=now)
    return feed, secret


def feeds_of(user: User, organisation: Organisation | None) -> "QuerySet[CalendarFeed]":
    """Return the open feeds of an organisation, or with None the user's own."""
    rows = CalendarFeed.objects.filter(ended_at=None, organisation=organisation)
    return rows.select_related("user") if organisation is not None else rows.filter(user=user)


def revoke_feed(feed: CalendarFeed, *, tenancy: Tenancy, now: datetime) -> None:
    """End a feed: its address answers like one that never was. A second time changes nothing."""
    with acting_for(_recorded_in(feed.user, feed.organisation), user=tenancy.user.pk):
        _end(feed, FeedEnd.REVOKED, "feed_revoked", actor=Actor.of(tenancy), now=now)


def end_without_right(organisation: UUID, user: User, *, now: datetime) -> None:
    """End the feeds of `organisation` that `user` made and may not make any more, in the caller's transaction."""
    held = Membership.objects.filter(organisation=organisation, user=user)
    if NEEDS[True] in permissions_of({Role(role) for role in held.values_list("role", flat=True)}):
        return
    for feed in CalendarFeed.objects.filter(organisation=organisation, user=user, ended_at=None):
        _end(feed, FeedEnd.RIGHT_LOST, "feed_ended", actor=Actor.platform(), now=now)


@dataclass(frozen=True)
class OpenedFeed:
    """A feed whose maker may still read it: in which organisations, and what in each."""

    feed: UUID
    user: User
    organisation: Organisation | None
    """The one it is of; None for somebody's own."""
    tenancies: tuple[Tenancy, ...]

    @property
    def reader(self) -> UUID:
        """For whom the rows are read: an organisation's feed shows nothing that is private to anybody."""
        return self.user.pk if self.organisation is None else NOBODY


def open_feed(secret: str, now: datetime) -> OpenedFeed | None:
    """Return what a secret opens at this moment; None where it opens nothing, whatever the reason.

    Whoever made it and may not see that any more has ended it.
    """
    found = _find(secret)
    if found is None:
        return None
    feed, user_id, organisation_id = found
    user = User.objects.get(pk=user_id)
    named = organisations_of_user(user_id) if organisation_id is None else [organisation_id]
    with acting_for(named, user=user_id):
        tenancies = tuple(
            one
            for one in (Tenancy(user, organisation, roles) for organisation, roles in tenancies_of(user))
            if one.may(NEEDS[organisation_id is not None])
        )
        if user.is_active and tenancies:
            stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_AGAIN)
            CalendarFeed.objects.filter(stale, pk=feed).update(last_used_at=now)
            here = tenancies[0].organisation if organisation_id is not None else None
            return OpenedFeed(feed, user, here, tenancies)
        row = CalendarFeed.objects.filter(pk=feed).first()
        if row is not None:
            _end(row, FeedEnd.RIGHT_LOST, "feed_ended", actor=Actor.platform(), now=now)
    return None


def _find(secret: str) -> tuple[UUID, UUID, UUID | None] | None:
    if not SECRET.fullmatch(secret):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehportal_calendar_feed(%s)", [digest_of(secret)])
        found = cursor.fetchone()[0]
    return tuple(found) if found else None


def _recorded_in(user: User, organisation: Organisation | None) -> list[UUID]:
    return organisations_of_user(user.pk) if organisation is None else [organisation.pk]


@transaction.atomic
def _end(feed: CalendarFeed, because: FeedEnd, action: str, *, actor: Actor, now: datetime) -> None:
    open_still = CalendarFeed.objects.filter(pk=feed.pk, ended_at=None)
    if open_still.update(ended_at=now, ended_because=because.value):
        _record(feed, action, actor=actor, now=now)


def _record(feed: CalendarFeed, action: str, *, actor: Actor, now: datetime) -> None:
    """Write the record of the feed's organisation, or of each one that the transaction has named."""
    if feed.organisation_id is not None:
        shown = [feed.organisation_id]
    else:
        shown = list(Organisation.objects.order_by("pk").values_list("pk", flat=True))
    for one in shown:
        record(
            one, action, feed, actor=actor, now=now, name=feed.name, of=feed.user.full_name,
            whose="own" if feed.organisation_id is None else "organisation",
        )  # fmt: skip
