"""Writing what is sealed anew under the first key, beside a server that runs.

Rows are found by the id of their key, in the order of theirs, and each batch is one short statement: whoever is killed
goes on where it was. A row is written only as long as it holds what was read, and one that somebody has locked is left
for the next round: nobody waits, nothing that was written meanwhile is lost.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings

from organisations.errors import Unreadable
from organisations.sealed_columns import Place, keys_at
from organisations.sealing import key_id, seal, unseal

AT_ONCE = 200
"""Rows of a batch."""
MOST_BYTES = 4 * 1024 * 1024
"""Of a batch, unless a single value is larger."""
ROUNDS = 20
PAUSE = 0.5
"""Seconds before rows that were busy are tried again."""


@dataclass
class Count:
    """What became of the values of one place."""

    right: int = 0
    """They stood under the first key already."""
    resealed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """What no key opens, by the id of its key; it stays as it is."""
    busy: int = 0
    """Somebody was at them each time; the next run finds them."""

    @property
    def unreadable(self) -> int:
        """How many are left for good."""
        return self.left.total()


def count_by_key(connection: psycopg.Connection, place: Place) -> dict[str, int]:
    """Return how many values stand under each key at `place`, by the key's id; no value is read."""
    found = {}
    for _name, key in connection.execute(keys_at(place)).fetchall():
        [(number,)] = connection.execute(
            f"SELECT count(*) FROM {place.table} WHERE {place.present} AND {place.key} = %s",  # noqa: S608  # names of ours
            [key],
        ).fetchall()
        found[str(key)] = int(number)
    return found


def reseal(connection: psycopg.Connection, place: Place, *, rounds: int = ROUNDS) -> Count:
    """Write every value of `place` anew that stands under another key than the first.

    `connection` commits each statement.
    """
    first = key_id(str(settings.SSIN_KEYS[0]))
    known = {key_id(str(key)) for key in settings.SSIN_KEYS} | {""}
    under = count_by_key(connection, place)
    found = Count(right=under.pop(first, 0))
    for key, number in under.items():
        if key not in known:
            found.left[key] += number
            continue
        for tried in range(rounds):
            done, shut, busy = _one_round(connection, place, key)
            found.resealed += done
            if not busy or tried + 1 == rounds:
                break
            time.sleep(PAUSE)
        found.left[key] += shut
        found.busy += busy
    return found


def _one_round(connection: psycopg.Connection, place: Place, key: str) -> tuple[int, int, int]:
    done = shut = busy = 0
    for batch in _batches(connection, place, key):
        ids, was, new = [], [], []
        for row_id, value in batch:
            try:
                opened = unseal(value.encode("utf-8") if isinstance(value, str) else value)
            except Unreadable:
                shut += 1
                continue
            sealed = seal(opened)
            ids.append(row_id)
            was.append(value)
            new.append(sealed.decode("ascii") if place.text else sealed)
        if ids:
            written = _write(connection, place, ids, was, new)
            done, busy = done + written, busy + len(ids) - written
    return done, shut, busy


def _batches(connection: psycopg.Connection, place: Place, key: str) -> Iterator[list[tuple[Any, Any]]]:
    """Yield ids and values under `key`, in the order of their ids, each batch read when the one before is done."""
    table, after = place.table, None
    while True:
        beyond = f"%(after)s::{place.key_type}" if after is not None else None
        there = place.under("%(key)s", by="id", after=beyond)
        sizes = connection.execute(
            f"SELECT id, octet_length({place.value}) FROM {table} WHERE {there} LIMIT %(most)s",  # noqa: S608  # names of ours
            {"key": key, "after": after, "most": AT_ONCE},
        ).fetchall()
        if not sizes:
            return
        ids: list[Any] = []
        total = 0
        for row_id, size in sizes:
            if ids and total + size > MOST_BYTES:
                break
            ids.append(row_id)
            total += size
        after = ids[-1]
        yield connection.execute(
            f"SELECT id, {place.value} FROM {table} WHERE id = ANY(%(ids)s::{place.key_type}[])"  # noqa: S608  # names of ours
            f" AND {place.present} AND {place.key} = %(key)s",
            {"ids": ids, "key": key},
        ).fetchall()


def _write(
    connection: psycopg.Connection, place: Place, ids: list[Any], was: list[Any], new: list[Any]
) -> int:
    kind = "text" if place.text else "bytea"
    value = (
        f"jsonb_set({place.column}, '{{{place.field}}}', to_jsonb(new.value))" if place.field else "new.value"
    )
    written = connection.execute(
        f"""
        WITH free AS MATERIALIZED (
            SELECT id FROM {place.table} WHERE id = ANY(%(ids)s::{place.key_type}[])
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE {place.table} SET {place.column} = {value}
            FROM free JOIN unnest(%(ids)s::{place.key_type}[], %(was)s::{kind}[], %(new)s::{kind}[])
                AS new (id, was, value) ON new.id = free.id
            WHERE {place.table}.id = new.id AND {place.value} = new.was
        """,  # noqa: S608  # names of ours
        {"ids": ids, "was": was, "new": new},
    )
    return written.rowcount
