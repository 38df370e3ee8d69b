"""Making a connection, giving it another secret, ending a secret or all of it: each step stands in the record."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from organisations.access import Tenancy
from organisations.domain.identifiers import mask_ssins
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Permission
from organisations.domain.scopes import Scope
from organisations.errors import ConnectionOver, ConnectionRefused
from organisations.models import Connection, ConnectionSecret, Organisation
from organisations.services.audit import Actor, record
from organisations.services.credentials.secrets import digest_of, new_secret

MOST = 50
"""Connections of one organisation that are open."""
LONGEST = timedelta(days=2 * 366)
"""From making a connection to its last day."""
OVERLAP_DAYS = (1, 7, 14, 30)
"""For how many days the former secret may go on beside the new one."""
HINT = 4
LIVE_AT_ONCE = 2


@dataclass(frozen=True)
class Wanted:
    """What an administrator wants of a connection."""

    name: str
    purpose: str
    contact: str
    scopes: Collection[Scope]
    ends_on: date


def connections_of(organisation: Organisation) -> "QuerySet[Connection]":
    """Return the connections of an organisation, those that are open and those that have ended, by name."""
    return Connection.objects.filter(organisation=organisation).select_related("made_by", "organisation")


def live_secrets(connection: Connection, now: datetime) -> list[ConnectionSecret]:
    """Return the secrets that open a connection at `now`, the oldest first."""
    return list(ConnectionSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), connection=connection))


def make_connection(tenancy: Tenancy, wanted: Wanted, *, now: datetime) -> tuple[Connection, str]:
    """Make a connection of the organisation; return it and its first secret, which nobody keeps.

    Raises NotPermitted, ConnectionRefused (its extra names the field).
    """
    tenancy.require(Permission.MANAGE_ORGANISATION)
    name, purpose = _line(wanted.name), _line(wanted.purpose)
    today = belgian_day(now)
    if not name or len(name) > 60:
        raise ConnectionRefused(_("Give the connection a name of at most 60 characters."), field="name")
    if not purpose or len(purpose) > 300:
        raise ConnectionRefused(_("Say in at most 300 characters what it is for."), field="purpose")
    try:
        validate_email(wanted.contact)
    except ValidationError as error:
        raise ConnectionRefused(_("This is not an e-mail address."), field="contact") from error
    if not wanted.scopes:
        raise ConnectionRefused(_("Choose at least one thing that it may do."), field="scopes")
    if not today <= wanted.ends_on <= today + LONGEST:
        raise ConnectionRefused(_("Its last day lies between today and two years from now."), field="ends_on")
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=tenancy.organisation.pk)
        standing = Connection.objects.filter(
            organisation=tenancy.organisation, ended_at=None, ends_on__gte=today
        )
        if standing.count() >= MOST:
            raise ConnectionRefused(_("There are fifty connections already. End one that nothing uses."))
        if standing.filter(name=name).exists():
            raise ConnectionRefused(_("There is a connection with this name already."), field="name")
        connection = Connection.objects.create(
            organisation=tenancy.organisation,
            name=name,
            purpose=purpose,
            contact=wanted.contact,
            scopes=sorted(one.value for one in wanted.scopes),
            made_by=tenancy.user,
            created_at=now,
            ends_on=wanted.ends_on,
        )
        secret = _another(connection, now)
        record(
            tenancy.organisation,
            "connection_made",
            connection,
            actor=Actor.of(tenancy),
            now=now,
            name=name,
            scopes=connection.scopes,
            ends_on=wanted.ends_on.isoformat(),
        )
    return connection, secret


@transaction.atomic
def rotate_secret(connection: Connection, *, keep_days: int, actor: Actor, now: datetime) -> str:
    """Give a connection another secret and return it; the former one stops after `keep_days`.

    Where two live already, the older one stops at once: never more than two do. Raises ConnectionOver.
    """
    _hold_open(connection, now)
    if keep_days not in OVERLAP_DAYS:
        raise ConnectionRefused(_("Choose one of the listed times."), field="keep_days")
    living = live_secrets(connection, now)
    for one in living[: max(0, len(living) - LIVE_AT_ONCE + 1)]:
        ConnectionSecret.objects.filter(pk=one.pk).update(ends_at=now)
    until = now + timedelta(days=keep_days)
    rest = ConnectionSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=until), connection=connection)
    rest.update(ends_at=until)
    secret = _another(connection, now)
    record(
        connection.organisation_id,
        "connection_secret_made",
        connection,
        actor=actor,
        now=now,
        name=connection.name,
        ends_on=belgian_day(until).isoformat(),
    )
    return secret


@transaction.atomic
def end_secret(connection: Connection, secret: ConnectionSecret, *, actor: Actor, now: datetime) -> None:
    """Stop one secret at once, such as one that leaked; a second time changes nothing."""
    living = ConnectionSecret.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), pk=secret.pk, connection=connection
    )
    if living.update(ends_at=now):
        record(
            connection.organisation_id, "connection_secret_ended", connection, actor=actor, now=now,
            name=connection.name, hint=secret.hint,
        )  # fmt: skip


@transaction.atomic
def end_connection(connection: Connection, *, actor: Actor, now: datetime) -> None:
    """End a connection: whatever comes with its secrets or tokens is nobody's. A second time changes nothing."""
    if Connection.objects.filter(pk=connection.pk, ended_at=None).update(ended_at=now):
        record(
            connection.organisation_id, "connection_ended", connection, actor=actor, now=now, name=connection.name
        )  # fmt: skip


def _line(text: str) -> str:
    return mask_ssins(" ".join(text.replace("\0", "").split()))


def _hold_open(connection: Connection, now: datetime) -> None:
    held = Connection.objects.select_for_update().get(pk=connection.pk)
    if not held.is_open(belgian_day(now)):
        raise ConnectionOver


def _another(connection: Connection, now: datetime) -> str:
    secret = new_secret()
    ConnectionSecret.objects.create(
        organisation_id=connection.organisation_id,
        connection=connection,
        digest=digest_of(secret),
        hint=secret[-HINT:],
        created_at=now,
    )
    return secret
