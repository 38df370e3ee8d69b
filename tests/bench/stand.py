"""What the measurements stand on: a database of their own, a stop-watch, a table."""

import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import psycopg


def prepare_django() -> None:
    """Set Django up as the tests do."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    logging.getLogger().setLevel(logging.WARNING)


@contextmanager
def own_database() -> Iterator[None]:
    """Migrate a fresh database, use it as the web role, and drop it."""
    import psycopg
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from deploy.stack import postgres
    from ehportal import env
    from tests import environment

    given = os.environ.get("TEST_DATABASE_URL")
    admin = given or postgres.start_embedded(Path(environment.ROOT) / ".demo" / "test-postgres")
    urls = postgres.prepare(
        admin,
        f"ehportal_bench_{os.getpid()}",
        passwords={postgres.OWNER: "owner", postgres.WEB: "web"},
        fresh=True,
    )

    def use(url: str) -> None:
        connections["default"].close()
        settings.DATABASES["default"].update(env.database(url))
        connections["default"].settings_dict.update(env.database(url))

    try:
        use(urls.owner)
        call_command("migrate", verbosity=0)
        use(urls.web)
        _owner.append(urls.owner)
        yield
    finally:
        _owner.clear()
        connections.close_all()
        name = urlsplit(urls.owner).path.lstrip("/")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


_owner: list[str] = []


@contextmanager
def owner_connection() -> "Iterator[psycopg.Connection[Any]]":
    """Connect to the measurements' database as the role that owns its tables: each statement commits by itself."""
    import psycopg

    with psycopg.connect(_owner[0], autocommit=True) as connection:
        yield connection


def milliseconds(work: Callable[[], object], *, times: int = 30, warm: int = 3) -> tuple[float, float]:
    """Return median and 95th percentile of `work` in milliseconds."""
    for _ in range(warm):
        work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def show(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table with its columns aligned."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}")
    for row in [head, *rows]:
        first = row[0].ljust(widths[0])
        print(
            "  "
            + "  ".join(
                [first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
            )
        )
