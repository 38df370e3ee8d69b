"""Naming the organisations that a piece of work may touch (SET LOCAL, read by the row-security policies)."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

OrganisationId = uuid.UUID


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [f"ehportal.{name}", value])


def _get(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [f"ehportal.{name}"])
        return str(cursor.fetchone()[0])


@contextmanager
def acting_for(organisations: Iterable[OrganisationId], *, user: uuid.UUID | None = None) -> Iterator[None]:
    """Open a transaction in which only the rows of `organisations` exist.

    Nested calls narrow or replace the set and restore the outer one, also when the inner work failed.
    """
    wanted = "{" + ",".join(str(one) for one in organisations) + "}"
    with transaction.atomic():
        before = (_get("organisations"), _get("user"))
        _set("organisations", wanted)
        _set("user", str(user) if user else "")
        try:
            yield
        finally:
            # A failed statement has poisoned the transaction; its rollback restores the settings.
            if (
                not connection.needs_rollback
                and connection.connection.info.transaction_status.name == "INTRANS"
            ):
                _set("organisations", before[0])
                _set("user", before[1])


def organisations_of_user(user: uuid.UUID) -> list[OrganisationId]:
    """Return the organisations in which `user` has a role; needs no named organisation."""
    from organisations.models import Membership

    with acting_for([], user=user):
        return list(
            Membership.objects.filter(user_id=user)
            .order_by("organisation_id")
            .values_list("organisation_id", flat=True)
            .distinct()
        )


def organisations_of_card(ssin_index: str) -> list[OrganisationId]:
    """Return the organisations that know the holder of a card; needs no named organisation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehportal_organisations_of_card(%s)", [ssin_index])
        return list(cursor.fetchone()[0] or [])
