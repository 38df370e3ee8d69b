"""Moving the indexes of national numbers to the first key, beside a server that runs.

People, workstations and certificates find each other by them, so that all rows of one number move in one transaction,
and whoever writes the number meanwhile waits or makes the mover come again (`organisations.ssin.index_to_write`). The
number itself is read from what is sealed beside an index: the former index key is not needed.
"""

import time
from collections import Counter
from collections.abc import Iterator

import psycopg
from django.conf import settings

from certificates.domain.x509 import UnreadableCertificate, read_certificate
from ehportal.keys.columns import CERTIFICATE, CERTIFICATES, INDEXED, NUMBERS, PERSON
from ehportal.keys.sealed import PAUSE, ROUNDS, Count, count_by_key
from organisations import ssin
from organisations.errors import Unreadable
from organisations.sealed_columns import Place, lock_of
from organisations.sealing import key_id, unseal

AT_ONCE = 100
"""Numbers of a batch, which is one transaction."""


def move(connection: psycopg.Connection, *, rounds: int = ROUNDS) -> dict[str, Count]:
    """Write every index anew that does not stand under the first key; return what became of each place, by name."""
    first = key_id(str(settings.SSIN_INDEX_KEYS[0]))
    found = {place.name: Count() for place in INDEXED}
    for place in INDEXED:
        under = count_by_key(connection, place)
        found[place.name].right = under.pop(first, 0)
    for tried in range(rounds):
        busy: set[str] = set()
        for place in INDEXED:
            for key in count_by_key(connection, place).keys() - {first}:
                for batch in _batches(connection, place, key):
                    busy |= _move(connection, key, batch, found)
        if not busy or tried + 1 == rounds:
            break
        time.sleep(PAUSE)
    for place in INDEXED:
        for key, index, number in _rest(connection, place, first):
            if index in busy:
                found[place.name].busy += number
            else:
                found[place.name].left[key] += number
    return found


def _rest(connection: psycopg.Connection, place: Place, first: str) -> list[tuple[str, str, int]]:
    """Return what is left in `place`: the id of the key, the index, and how many rows."""
    return connection.execute(
        f"SELECT {place.key}, {place.column}, count(*) FROM {place.table}"  # noqa: S608  # names of ours
        f" WHERE {place.present} AND {place.key} <> %s GROUP BY 1, 2",
        [first],
    ).fetchall()


def _batches(connection: psycopg.Connection, place: Place, key: str) -> Iterator[list[str]]:
    """Yield different indexes under `key`, in their order."""
    after = ""
    there = place.under("%(key)s", by=place.column, after="%(after)s")
    while True:
        rows = connection.execute(
            f"SELECT {place.column} FROM {place.table} WHERE {there} LIMIT %(most)s",  # noqa: S608  # names of ours
            {"key": key, "after": after, "most": AT_ONCE},
        ).fetchall()
        if not rows:
            return
        yield sorted({str(row[0]) for row in rows})
        after = str(rows[-1][0])


def _move(connection: psycopg.Connection, key: str, indexes: list[str], found: dict[str, Count]) -> set[str]:
    """Move what can be read of `indexes`, all under `key`; return those at which somebody was."""
    known = _numbers(connection, key, indexes)
    if not known:
        return set()
    try:
        moved, busy = _together(connection, key, known)
    except psycopg.errors.UniqueViolation:
        # One person twice in an organisation: that number stays, the others of the batch do not wait for it.
        if len(known) == 1:
            return set()
        return set().union(*(_move(connection, key, [index], found) for index in known))
    for name, number in moved.items():
        found[name].resealed += number
    return busy


def _together(
    connection: psycopg.Connection, key: str, known: dict[str, str]
) -> tuple[Counter[str], set[str]]:
    """Move the rows of each number, by its former index, that nobody is at; return how many, and the other indexes."""
    moved: Counter[str] = Counter()
    with connection.transaction():
        free = {
            str(index)
            for index, ours in connection.execute(
                f"SELECT was, pg_try_advisory_xact_lock({lock_of('first')})"  # noqa: S608  # names of ours
                " FROM unnest(%s::text[], %s::text[]) AS known (was, first)",
                [list(known), [min(ssin.indexes_of(number)) for number in known.values()]],
            )
            if ours
        }
        for place in INDEXED:
            free -= _locked_elsewhere(connection, place, key, free)
        for place in INDEXED:
            updated = connection.execute(
                f"UPDATE {place.table} SET {place.column} = moved.new"  # noqa: S608  # names of ours
                " FROM unnest(%(was)s::text[], %(new)s::text[]) AS moved (was, new)"
                f" WHERE {place.present} AND {place.key} = %(key)s AND {place.column} = moved.was",
                {"key": key, "was": sorted(free), "new": [ssin.index_of(known[one]) for one in sorted(free)]},
            )
            moved[place.name] = updated.rowcount
    return moved, known.keys() - free


def _locked_elsewhere(connection: psycopg.Connection, place: Place, key: str, indexes: set[str]) -> set[str]:
    """Lock the rows of `indexes` in `place`; return the indexes of which somebody else holds a row."""
    wanted = f"FROM {place.table} WHERE {place.present} AND {place.key} = %(key)s AND {place.column} = ANY(%(those)s)"
    values = {"key": key, "those": sorted(indexes)}
    ours = connection.execute(f"SELECT {place.column} {wanted} FOR UPDATE SKIP LOCKED", values).fetchall()
    there = connection.execute(f"SELECT {place.column} {wanted}", values).fetchall()
    return {str(row[0]) for row in (Counter(there) - Counter(ours))}


def _numbers(connection: psycopg.Connection, key: str, indexes: list[str]) -> dict[str, str]:
    """Return the national numbers that stand under `indexes`, as far as a person or a certificate tells one."""
    found: dict[str, str] = {}
    for place, sealed, read in (
        (PERSON, NUMBERS, ssin.decrypt),
        (CERTIFICATE, CERTIFICATES, _in_certificate),
    ):
        wanted = [one for one in indexes if one not in found]
        rows = connection.execute(
            f"SELECT {place.column}, {sealed.column} FROM {place.table}"  # noqa: S608  # names of ours
            f" WHERE {place.present} AND {place.key} = %(key)s AND {place.column} = ANY(%(those)s)",
            {"key": key, "those": wanted},
        )
        for index, value in rows:
            if index not in found:
                try:
                    found[index] = read(value)
                except (Unreadable, UnreadableCertificate):
                    continue
    return found


def _in_certificate(sealed: bytes) -> str:
    facts = read_certificate(unseal(sealed))
    if not facts.is_personal:
        raise Unreadable
    return facts.identifier_value
