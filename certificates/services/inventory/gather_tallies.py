"""Adding up the tallies of certificates: what came and went since the last time becomes one row a kind and day."""

from datetime import datetime

from django.db import connection

from certificates.counting import GATHER


def gather_tallies(now: datetime) -> int:
    """Add up the rows of organisations where something came or went; return how many rows stand for them now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {GATHER}()")  # a name of ours
        return int(cursor.fetchone()[0])
