"""A migration that does not get its lock gives up soon, says so, and leaves nobody waiting."""

from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_django
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connection, transaction

LOCK = "LOCK TABLE organisations_chore IN ACCESS EXCLUSIVE MODE"


def timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=False)
def test_a_lock_that_does_not_come_is_given_up(
    committing: None,
    admin_url: str,
    owner_url: str,
    settings: pytest_django.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MIGRATION_LOCK_TIMEOUT = 0.05
    during: list[str] = []

    def migration(*_args: Any, **_options: Any) -> None:
        during.append(timeout())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)

    monkeypatch.setattr(migrate.Command, "handle", migration)
    before = timeout()
    with psycopg.connect(urlsplit(admin_url)._replace(path=urlsplit(owner_url).path).geturl()) as other:
        other.execute("SELECT count(*) FROM organisations_chore")
        with pytest.raises(CommandError, match=r"within 0\.05 seconds"):
            call_command("migrate", verbosity=0)
        other.rollback()
    assert during == ["50ms"]
    assert timeout() == before, "for the migration only"
    call_command("migrate", verbosity=0)
    assert during == ["50ms"] * 2


@pytest.mark.django_db
def test_what_else_fails_is_not_told_as_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    def migration(*_args: Any, **_options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(migrate.Command, "handle", migration)
    with pytest.raises(ZeroDivisionError):
        call_command("migrate", verbosity=0)
