"""What a secret or an access token opens at this moment: one connection, in one organisation, without a user.

Whoever works for a caller names the organisation and `NOBODY` as the user (`acting_as`): people are there, what is
private to somebody is not.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as database
from django.db.models import Q
from django.utils.functional import cached_property

from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission, Role, permissions_of
from organisations.domain.scopes import Scope, scopes_in
from organisations.models import Connection, ConnectionSecret, Membership, Organisation, User
from organisations.services.audit import Actor
from organisations.services.credentials.secrets import digest_of, is_secret
from organisations.tenancy import NOBODY, acting_for

USED_AGAIN = timedelta(minutes=5)
"""A connection that was used within so long is not written down anew."""


@dataclass(frozen=True)
class Caller:
    """A system that came in: for which organisation it acts, and what it may do."""

    connection: Connection
    secret: UUID
    scopes: frozenset[Scope]

    @property
    def organisation(self) -> Organisation:
        """The one organisation that it acts for."""
        return self.connection.organisation

    @property
    def actor(self) -> Actor:
        """Who stands in the record."""
        return Actor.connection(self.connection)

    @cached_property
    def answering(self) -> User:
        """Return the member in whose name it asks for what needs one.

        That is who made it, while still allowed to ask for certificates; else the administrator of longest standing.
        """
        held: dict[User, set[Role]] = {}
        rows = Membership.objects.filter(organisation=self.organisation, user__is_active=True).select_related(
            "user"
        )
        for one in rows.order_by("created_at", "pk"):
            held.setdefault(one.user, set()).add(Role(one.role))
        able = [one for one, roles in held.items() if Permission.REQUEST_CERTIFICATE in permissions_of(roles)]
        maker = self.connection.made_by_id
        return next((one for one in able if one.pk == maker), able[0])


def acting_as(caller: Caller) -> AbstractContextManager[None]:
    """Open a transaction in which the caller's organisation exists, and nothing that is private to anybody."""
    return acting_for([caller.organisation.pk], user=NOBODY)


def open_by_secret(text: str, now: datetime) -> Caller | None:
    """Return who comes with a secret; None where it opens nothing, whatever the reason."""
    if not is_secret(text):
        return None
    with database.cursor() as cursor:
        cursor.execute("SELECT ehportal_connection_secret(%s)", [digest_of(text)])
        found = cursor.fetchone()[0]
    return open_secret(found[0], found[1], now) if found else None


def open_secret(secret: UUID, organisation: UUID, now: datetime) -> Caller | None:
    """Return who comes with the secret of this id, as an access token names it; None where that is over."""
    with acting_for([organisation], user=NOBODY):
        row = (
            ConnectionSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), pk=secret)
            .select_related("connection__organisation")
            .first()
        )
        if row is None or not row.connection.is_open(belgian_day(now)):
            return None
        connection = row.connection
        if connection.last_used_at is None or connection.last_used_at < now - USED_AGAIN:
            stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_AGAIN)
            Connection.objects.filter(stale, pk=connection.pk).update(last_used_at=now)
    return Caller(connection, row.pk, scopes_in(connection.scopes))
