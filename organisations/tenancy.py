"""Naming the organisations that a piece of work may touch (SET LOCAL, read by the row-security policies)."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

OrganisationId = uuid.UUID

NOBODY = uuid.UUID(int=0)
"""Reads for no user at all, such as a machine's access token: what is private to somebody is not there."""


Named = tuple[str, str, str]
"""The settings of a transaction: organisations, user, and whether the platform itself works."""


def _name(named: Named) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('ehportal.organisations', %s, true), set_config('ehportal.user', %s, true),"
            " set_config('ehportal.platform', %s, true)",
            list(named),
        )


def _named() -> Named:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('ehportal.organisations', true), ''),"
            " coalesce(current_setting('ehportal.user', true), ''),"
            " coalesce(current_setting('ehportal.platform', true), '')"
        )
        organisations, user, platform = cursor.fetchone()
        return str(organisations), str(user), str(platform)


@contextmanager
def acting_for(
    organisations: Iterable[OrganisationId], *, user: uuid.UUID | None = None, as_platform: bool = False
) -> Iterator[None]:
    """Open a transaction in which only the rows of `organisations` exist.

    With `user`, what is private to other users does not exist either. Without, nothing private and no person exists,
    unless `as_platform` says that the platform itself works (workers, and workstations whose jobs are looked up by
    their holder): never show people what was read like that. Raises ValueError for both at once.

    Nested calls narrow or replace the set and restore the outer one, also when the inner work failed. The outermost
    call has nothing to restore: what is named ends with its transaction.
    """
    if user is not None and as_platform:
        raise ValueError("somebody acts, or the platform does")
    wanted = "{" + ",".join(str(one) for one in organisations) + "}"
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        before = None if outermost else _named()
        _name((wanted, str(user) if user else "", "on" if as_platform else ""))
        try:
            yield
        finally:
            # A failed statement has poisoned the transaction; its rollback restores the settings.
            usable = (
                not connection.needs_rollback
                and connection.connection.info.transaction_status.name == "INTRANS"
            )
            if before is not None and usable:
                _name(before)


def why_not_now() -> str:
    """Return why nobody may call out at this moment, as `outside.leave` asks; empty outside transactions.

    The transaction that a test holds around itself is none of ours.
    """
    held = any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
    return (
        "a transaction is open: rows are kept from others for as long as somebody outside likes"
        if held
        else ""
    )


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
    """Return the organisations that say they know the holder of a card; needs no named organisation.

    Each says so by itself: nothing is shown to them, and nothing of them goes to a workstation, on that word alone.
    """
    return _ids("SELECT ehportal_organisations_of_card(%s)", ssin_index)


def organisations_of_holder(device: uuid.UUID) -> list[OrganisationId]:
    """Return the same for the holder of a workstation."""
    return _ids(
        "SELECT ehportal_organisations_of_card((SELECT ssin_index FROM organisations_device WHERE id = %s))",
        device,
    )


def organisations_of_device(device: uuid.UUID) -> list[OrganisationId]:
    """Return the organisations for which a workstation works, as its holder agreed; needs no named organisation."""
    return _ids("SELECT ehportal_organisations_of_device(%s)", device)


def organisations_with_number(type: str, value: str) -> list[OrganisationId]:
    """Return the organisations that wrote down a number, however it stands; needs no named organisation."""
    return _ids("SELECT ehportal_organisations_with_number(%s, %s)", type, value)


def _ids(query: str, *values: str | uuid.UUID) -> list[OrganisationId]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchone()[0] or [])
