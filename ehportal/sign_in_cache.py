"""The cache of what guards the sign-in: failed attempts, and TOTP codes that were used."""

from datetime import datetime
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections


class SignInCache(DatabaseCache):
    """Kept in the database for all processes, and never drops what has not expired.

    Django's own makes room by dropping entries that still count, so whoever fills it makes it forget: a limit, or that
    a code was used. What stands here lives for minutes, and each address can add only so much in that time.
    """

    _table: str
    """Django's base class keeps the table's name here."""

    def _cull(self, db: str, cursor: Any, now: datetime, num: int) -> None:
        """Delete what has expired, and nothing else."""
        operations = connections[db].ops
        table, expires = operations.quote_name(self._table), operations.quote_name("expires")
        moment = operations.adapt_datetimefield_value(now)
        cursor.execute(f"DELETE FROM {table} WHERE {expires} < %s", [moment])  # noqa: S608  # names of ours
