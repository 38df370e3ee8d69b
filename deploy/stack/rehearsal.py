"""A rehearsal of the migrations since the last release: a million certificates, and how long each lock is held.

    deploy/rehearse [--rows 1000000]

It makes a database of its own and drops it. While a migration runs another connection looks every few milliseconds at
the locks it holds on tables that were there before; a lock of a kind that keeps pages waiting must not last a second.
"""

import argparse
import os
import secrets
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from deploy.stack import postgres
from deploy.stack.bootstrap import ROOT

RELEASED = (("organisations", "0040_returned_mail"), ("certificates", "0041_installations_by_themselves"))
"""Where the last release's tables stand; moved on with each release."""
ORGANISATIONS = 200
MOST = 1.0
"""Seconds that a lock may last."""
BLOCKING = ("AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
"""Locks that keep others from writing, or from the table altogether."""
LOOK_EVERY = 0.005


def main(words: list[str]) -> int:
    """Rehearse; return 1 when a lock lasted too long."""
    arguments = argparse.ArgumentParser(prog="deploy/rehearse", description=__doc__)
    arguments.add_argument(
        "--rows", type=int, default=1_000_000, help="certificates to stand in the database"
    )
    rows = arguments.parse_args(words).rows
    with _database() as owner:
        os.environ |= _environment(owner)
        import django

        django.setup()
        _migrate(RELEASED)
        began = time.monotonic()
        with psycopg.connect(owner, autocommit=True) as connection:
            _fill(connection, rows)
        print(f"{rows} certificates of {ORGANISATIONS} organisations in {time.monotonic() - began:.0f} s")
        return 1 if _play(owner) else 0


@contextmanager
def _database() -> Iterator[str]:
    given = os.environ.get("DATABASE_ADMIN_URL")
    admin = given or postgres.start_embedded(ROOT / ".demo" / "rehearsal-postgres")
    name = f"ehportal_rehearsal_{os.getpid()}"
    urls = postgres.prepare(admin, name, passwords=postgres.new_passwords(), fresh=True)
    try:
        yield urls.owner
    finally:
        from django.db import connections

        connections.close_all()
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                f"DROP DATABASE IF EXISTS {urlsplit(urls.owner).path.lstrip('/')} WITH (FORCE)"
            )


def _environment(owner: str) -> dict[str, str]:
    """Return settings that are enough to migrate: nothing is sealed, called or sent."""
    from cryptography.fernet import Fernet

    nowhere = "http://127.0.0.1:1"
    return {
        "DJANGO_SETTINGS_MODULE": "ehportal.settings",
        "DATABASE_URL": owner,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SSIN_KEYS": Fernet.generate_key().decode(),
        "SSIN_INDEX_KEY": secrets.token_urlsafe(48),
        "ORIGIN": nowhere,
        "ALLOWED_HOSTS": "127.0.0.1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "MAIL_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "ehportal <ehportal@localhost>",
        "STATIC_ROOT": str(ROOT / ".demo" / "static"),
        "SANDBOX": "1",
        "CERTRA_PRODUCTION_URL": nowhere,
        "CERTRA_ACCEPTANCE_URL": nowhere,
        "CERTRA_PRODUCTION_ANCHORS": "",
        "CERTRA_ACCEPTANCE_ANCHORS": "",
        "EID_ANCHORS": "",
    }


def _migrate(targets: tuple[tuple[str, str], ...]) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    others = [
        node for node in MigrationExecutor(connection).loader.graph.leaf_nodes()
        if node[0] not in {app for app, _name in targets}
    ]  # fmt: skip
    executor = MigrationExecutor(connection)
    executor.migrate([*others, *targets])


def _fill(connection: "psycopg.Connection[tuple[object, ...]]", rows: int) -> None:
    """Stand rows in the tables as they were: a value of its type in each column that must have one."""
    _insert(connection, "organisations_organisation", ORGANISATIONS, {})
    connection.execute(
        "CREATE TEMPORARY TABLE tenant AS SELECT id, row_number() OVER () - 1 AS n FROM organisations_organisation"
    )
    tenant = f"(SELECT id FROM tenant WHERE tenant.n = series.n % {ORGANISATIONS})"  # noqa: S608  # a number of ours
    _insert(
        connection,
        "certificates_certificate",
        rows,
        {
            "organisation_id": tenant,
            "not_after": "now() + interval '1 minute' * (series.n % 1500000)",
            "revocation_status": "'good'",
            "revocation_checked_at": "now() - interval '1 minute' * (series.n % 1440)",
            "chain": "'[]'",
        },
    )
    connection.execute("ANALYZE")


def _insert(
    connection: "psycopg.Connection[tuple[object, ...]]", table: str, rows: int, values: dict[str, str]
) -> None:
    columns = connection.execute(
        "SELECT column_name, data_type, coalesce(character_maximum_length, 64) FROM information_schema.columns"
        " WHERE table_name = %s AND (is_nullable = 'NO' OR column_name = ANY (%s)) AND is_identity = 'NO'",
        [table, list(values)],
    ).fetchall()
    made = [(str(name), values.get(str(name)) or _value(str(kind), length)) for name, kind, length in columns]
    names, expressions = ", ".join(name for name, _value in made), ", ".join(one for _name, one in made)
    connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {expressions} FROM generate_series(1, {rows}) AS series(n)"  # noqa: S608  # names from the catalogue
    )


def _value(kind: str, length: object) -> str:
    """Return SQL for some value of a type, different from row to row where it has room."""
    return {
        "uuid": "gen_random_uuid()",
        "character varying": f"left(md5(series.n::text) || md5(series.n::text), {length})",
        "text": "md5(series.n::text)",
        "timestamp with time zone": "now()",
        "date": "now()::date",
        "boolean": "false",
        "jsonb": "'{}'",
        "bytea": "decode(md5(series.n::text), 'hex')",
    }.get(kind, "0")


def _play(owner: str) -> list[str]:
    """Apply what is left, one migration after the other, and print what each held; return those that held too long."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    late = []
    for migration, _backwards in plan:
        name = f"{migration.app_label} {migration.name}"
        with _watched(owner, connection) as held:
            began = time.monotonic()
            MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])
            took = time.monotonic() - began
        longest = sorted(held.items(), key=lambda one: one[1], reverse=True)[:3]
        told = ", ".join(
            f"{mode} on {table} {seconds:.2f} s" for (table, mode), seconds in longest if seconds > 0.05
        )
        print(f"{name:<60} {took:6.1f} s  {told}")
        if any(seconds > MOST for seconds in held.values()):
            late.append(name)
    for name in late:
        print(f"TOO LONG: {name}")
    return late


@contextmanager
def _watched(owner: str, connection: object) -> Iterator[dict[tuple[str, str], float]]:
    """Note, for (table, lock) of tables that were there before, the longest time that it was held without a pause."""
    with connection.cursor() as cursor:  # type: ignore[attr-defined]  # Django's connection
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
        cursor.execute(
            "SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        known = [row[0] for row in cursor.fetchall()]
    longest: dict[tuple[str, str], float] = defaultdict(float)
    over = threading.Event()

    def look() -> None:
        since: dict[tuple[str, str], float] = {}
        with psycopg.connect(owner, autocommit=True) as other:
            while not over.is_set():
                found = other.execute(
                    "SELECT l.relation::regclass::text, l.mode FROM pg_locks l"
                    " WHERE l.pid = %s AND l.granted AND l.relation = ANY (%s) AND l.mode = ANY (%s)",
                    [pid, known, list(BLOCKING)],
                ).fetchall()
                now = time.monotonic()
                since = {(table, mode): since.get((table, mode), now) for table, mode in found}
                for lock, began in since.items():
                    longest[lock] = max(longest[lock], now - began)
                over.wait(LOOK_EVERY)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield longest
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
