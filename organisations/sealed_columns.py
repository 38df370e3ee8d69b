"""Columns whose values name the key they stand under: as SQL, and as migration operations.

Each has a partial index by key, so that one sees at once which keys are in use, and `manage.py reseal` finds what is
left without reading the rest; however many rows there are. Which columns there are stands in `ehportal.keys.columns`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.migrations.operations import RunSQL

from organisations.sealing import ID_LENGTH, MARK

SETTINGS = "SET search_path = pg_catalog, public, pg_temp"


@dataclass(frozen=True)
class Place:
    """A column of sealed values, or of indexes of national numbers."""

    table: str
    column: str
    field: str = ""
    """The field of a JSON column; empty for a column of its own."""
    text: bool = False
    """Whether it is text; else bytes."""
    optional: bool = False
    """Whether the column may be empty (NULL). For one that may not, PostgreSQL drops the question, and with it an index
    that answers it."""
    key_type: str = "uuid"
    """PostgreSQL's type of the table's `id`."""

    @property
    def name(self) -> str:
        """How people and the database's functions call it."""
        return ".".join(part for part in (self.table, self.column, self.field) if part)

    @property
    def value(self) -> str:
        """The value as SQL."""
        return f"({self.column} ->> '{self.field}')" if self.field else self.column

    @property
    def present(self) -> str:
        """Whether there is one, as SQL."""
        if self.text:
            return f"{self.value} <> ''"
        return f"{self.value} IS NOT NULL" if self.optional else "true"

    @property
    def key(self) -> str:
        """The id of its key as SQL; empty text for a value from before ids."""
        return key_of(self.value, text=self.text)

    def under(self, key: str, *, by: str, after: str | None = None) -> str:
        """Return, as SQL, which values stand under `key` behind `after`, in the order of the index by key and `by`.

        `key` and `after` are SQL too. It is written as a range: for an equality the planner may walk along all rows in
        the order of `by` instead.
        """
        begins = f"{self.key} >= {key}" if after is None else f"({self.key}, {by}) > ({key}, {after})"
        return f"{self.present} AND {begins} AND {self.key} <= {key} ORDER BY {self.key}, {by}"

    @property
    def index(self) -> str:
        """The name of the index by key."""
        return f"{self.table}_{self.field or self.column}_key"


def key_of(value: str, *, text: bool) -> str:
    """Return, as SQL, the id of the key that stands before `value`; empty text where none does."""
    if text:
        return (
            f"(CASE WHEN substr({value}, {ID_LENGTH + 1}, 1) = '{MARK}' THEN left({value}, {ID_LENGTH})"
            " ELSE '' END)"
        )
    return (
        f"(CASE WHEN substring({value} from {ID_LENGTH + 1} for 1) = '\\x{MARK.encode().hex()}'::bytea"
        f" THEN encode(substring({value} from 1 for {ID_LENGTH}), 'escape') ELSE '' END)"
    )


def indexed_by_key(place: Place, *, then: str = "id") -> RunSQL:
    """Index `place` by key and `then`, keeping nobody from the table; in a migration that is not atomic.

    One that an interruption left half made is made anew.
    """
    return RunSQL(
        sql=[
            f"DROP INDEX IF EXISTS {place.index};",
            f"CREATE INDEX CONCURRENTLY {place.index} ON {place.table} ({place.key}, {then}) WHERE {place.present};",
        ],
        reverse_sql=f"DROP INDEX IF EXISTS {place.index};",
    )


def keys_in_use(app: str, places: Sequence[Place], role: str) -> RunSQL:
    """Create `ehportal_keys_of_<app>()`: each place with the ids of the keys under which something stands there.

    It runs as the owner, since the keys of all organisations count, and tells nothing else. It jumps from key to key
    in the index.
    """
    function = f"ehportal_keys_of_{app}()"
    return RunSQL(
        sql=f"""
            CREATE OR REPLACE FUNCTION {function} RETURNS TABLE (place text, key text)
                LANGUAGE sql STABLE SECURITY DEFINER {SETTINGS} AS $$
            {" UNION ALL ".join(f"({keys_at(place)})" for place in places)} $$;
            REVOKE ALL ON FUNCTION {function} FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {function} TO {role};
        """,
        reverse_sql=f"DROP FUNCTION {function};",
    )


def keys_at(place: Place) -> str:
    """Return, as SQL, the name of `place` with each id of a key there; it jumps from key to key in the index."""
    first = f"SELECT {place.key} AS key FROM {place.table} WHERE {place.present}"  # noqa: S608  # names of ours
    return f"""WITH RECURSIVE known AS (
                ({first} ORDER BY 1 LIMIT 1)
                UNION ALL
                SELECT following.key FROM known CROSS JOIN LATERAL (
                    {first} AND {place.key} > known.key ORDER BY 1 LIMIT 1
                ) AS following
            ) SELECT '{place.name}', key FROM known"""  # noqa: S608  # names of ours


def index_in_use(places: Sequence[Place], role: str, *, before: Sequence[Place] = ()) -> RunSQL:
    """Create `ehportal_index_in_use(candidates)`: the one of a number's indexes under which it stands in `places`.

    Where it stands nowhere it is the first candidate. Until the caller's transaction ends nobody moves the number to
    another key. It runs as the owner, since any organisation's row decides, and tells nothing but the index. Undone,
    it looks in `before` again.
    """
    function = "ehportal_index_in_use"
    made = _index_in_use(function, places, role)
    undone = _index_in_use(function, before, role) if before else f"DROP FUNCTION {function}(text[]);"
    return RunSQL(sql=made, reverse_sql=undone)


def _index_in_use(function: str, places: Sequence[Place], role: str) -> str:
    candidate = key_of("candidate", text=True)
    there = " OR ".join(
        f"EXISTS (SELECT 1 FROM {place.table} WHERE {place.present} AND {place.key} = {candidate}"  # noqa: S608  # names of ours
        f" AND {place.column} = candidate)"
        for place in places
    )
    return f"""
            CREATE OR REPLACE FUNCTION {function}(candidates text[]) RETURNS text
                LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock_shared({lock_of('min(one COLLATE "C")')})
                    FROM unnest(candidates) AS given (one);
                RETURN coalesce(
                    (SELECT candidate FROM unnest(candidates) WITH ORDINALITY AS given (candidate, place)
                        WHERE {there} ORDER BY place LIMIT 1),
                    candidates[1]);
            END $$;
            REVOKE ALL ON FUNCTION {function}(text[]) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {function}(text[]) TO {role};
        """  # noqa: S608  # names of ours


LOCKS = 1024
"""Numbers share this many locks, so that whoever writes thousands in one transaction holds no more."""


def lock_of(first: str) -> str:
    """Return, as SQL, the advisory lock of a number, of whose candidates `first` is the first in the order of bytes."""
    return f"20110, abs(mod(hashtext({first}), {LOCKS}))"
