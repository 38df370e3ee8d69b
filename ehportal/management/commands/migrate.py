"""Django's `migrate`, which waits a few seconds for a lock and no longer.

Who waits for a lock on a table keeps everybody who comes after from the table too: a migration behind one long
transaction would stop every page. It gives up instead, and is run again.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that was not there within lock_timeout."""


class Command(migrate.Command):
    """Applies migrations; a migration that does not get its lock is rolled back, those before it stay."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. Raises CommandError where a lock was not there in MIGRATION_LOCK_TIMEOUT seconds."""
        seconds = settings.MIGRATION_LOCK_TIMEOUT
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            before = cursor.fetchone()[0]
            self._wait(cursor, f"{round(seconds * 1000)}ms")
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            raise CommandError(
                f"A lock on a table was not there within {seconds:g} seconds: something has worked on it for longer. "
                "This migration was taken back, those before it stay; nobody waited for it. Run this again."
            ) from error
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    self._wait(cursor, before)

    @staticmethod
    def _wait(cursor: Any, duration: str) -> None:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [duration])
