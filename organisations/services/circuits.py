"""What all processes know of silent hosts, in one small table. Nothing is written while all is well."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from outside.circuits import Admitted
from outside.errors import Resting

PROBE = 60
"""Seconds that one who tries whether a host answers again may take; then another one tries."""
LONGEST = 5
"""Rests double that often, from CIRCUIT_REST seconds."""
MOST = 1000


@dataclass(frozen=True)
class _Known:
    since: datetime
    until: datetime | None
    rests: bool


class SharedCircuits:
    """Circuits (outside/circuits.py) in PostgreSQL, on its clock. Call outside transactions."""

    def admit(self, host: str) -> Admitted:
        """Let a call through, or raise Resting.

        Once its rest is over one caller is let through, and the others only when that one was answered.
        """
        known = self._known(host)
        if known is None or known.until is None:
            return Admitted.CALM if known is None else Admitted.AFTER_FAILURE
        if not known.rests and self._may_try(host):
            return Admitted.PROBE
        raise Resting(host, since=known.since, until=known.until)

    def rest_of(self, host: str) -> Resting | None:
        """Return what `admit` would raise now; None where it would let a call through."""
        known = self._known(host)
        if known is None or known.until is None or not known.rests:
            return None
        return Resting(host, since=known.since, until=known.until)

    def silent_since(self, host: str) -> datetime | None:
        """Return since when a host has not answered whose circuit is open."""
        known = self._known(host)
        return known.since if known is not None and known.until is not None else None

    @staticmethod
    def _known(host: str) -> "_Known | None":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT failing_since, open_until, coalesce(open_until > clock_timestamp(), false)"
                " FROM organisations_circuit WHERE host = %s",
                [_name(host)],
            )
            row = cursor.fetchone()
        return _Known(*row) if row is not None else None

    @staticmethod
    def _may_try(host: str) -> bool:
        """Be the one who tries whether it answers again; False when somebody else was faster."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE organisations_circuit SET open_until = clock_timestamp() + make_interval(secs => %s)"
                " WHERE host = %s AND open_until <= clock_timestamp()",
                [PROBE, _name(host)],
            )
            return bool(cursor.rowcount)

    def answered(self, host: str) -> None:
        """Forget that it failed."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM organisations_circuit WHERE host = %s", [_name(host)])

    def failed(self, host: str, *, probing: bool) -> None:
        """Count a failure that took long; from CIRCUIT_FAILURES in a row on the host rests, longer after each probe."""
        most = int(settings.CIRCUIT_FAILURES)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO organisations_circuit AS known (host, failures, failing_since, open_until)
                VALUES (%(host)s, 1, clock_timestamp(),
                        CASE WHEN %(most)s <= 1 THEN clock_timestamp() + make_interval(secs => %(rest)s) END)
                ON CONFLICT (host) DO UPDATE SET
                    failures = least(known.failures + 1, %(top)s),
                    open_until = CASE WHEN known.failures + 1 >= %(most)s THEN clock_timestamp() + make_interval(
                        secs => %(rest)s * 2 ^ least(known.failures + 1 - %(most)s, %(longest)s)) END
                    -- Calls that were on their way when it opened say nothing new.
                    WHERE known.open_until IS NULL OR known.open_until <= clock_timestamp() OR %(probing)s
                """,
                {
                    "host": _name(host),
                    "most": most,
                    "probing": probing,
                    "rest": float(settings.CIRCUIT_REST),
                    "top": MOST,
                    "longest": LONGEST,
                },
            )


def _name(host: str) -> str:
    return host[:262]
