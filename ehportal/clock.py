"""This process's clock beside the database's: durations and endings mean the same to all, or nobody starts."""

import time
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Critical, Tags, register
from django.db import connections

LOOKS = 3
"""How often the database is asked: the quickest answer tells most."""


def process_time() -> float:
    """Return what this process takes for the time, in seconds since 1970."""
    return time.time()


def difference(alias: str) -> tuple[float, float]:
    """Return by how many seconds this process is ahead of the database, and how far off that may be (seconds).

    The database's answer is taken for the middle between question and answer (half the round trip).
    """
    looks: list[tuple[float, float]] = []
    with connections[alias].cursor() as cursor:
        for _look in range(LOOKS):
            asked, began = process_time(), time.monotonic()
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            half = (time.monotonic() - began) / 2
            looks.append((half, asked + half - float(cursor.fetchone()[0])))
    half, ahead = min(looks)
    return ahead, half


@register(Tags.database)
def clocks_agree(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """A clock that is off would end jobs and invitations too early or too late, and sign with a wrong time."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        if connections[alias].vendor != "postgresql":
            continue
        ahead, within = difference(alias)
        if abs(ahead) - within > settings.CLOCK_TOLERANCE_SECONDS:
            way = "ahead of" if ahead > 0 else "behind"
            found.append(
                Critical(
                    f"The clock of this process is {abs(ahead):.1f} seconds {way} the database's; "
                    f"{settings.CLOCK_TOLERANCE_SECONDS:g} are allowed (CLOCK_TOLERANCE_SECONDS).",
                    hint="Let this machine and the database's follow the same time servers (NTP).",
                    id="ehportal.E040",
                )
            )
    return found
