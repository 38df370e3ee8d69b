"""What the sandbox remembers: one SQLite file, safe for the server and the card maker at once.

Every use opens its own connection: SQLite's are not made to be shared between threads, and opening one costs
less than a tenth of what a signature costs.
"""

import fcntl
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS issued (
    authority TEXT NOT NULL, serial TEXT NOT NULL, kind TEXT NOT NULL, holder TEXT NOT NULL,
    not_after TEXT NOT NULL, revoked_at TEXT, reason TEXT,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX IF NOT EXISTS issued_holder ON issued (holder, kind);
CREATE TABLE IF NOT EXISTS contract (
    environment TEXT NOT NULL, digest TEXT NOT NULL, document TEXT NOT NULL, made_at TEXT NOT NULL,
    PRIMARY KEY (environment, digest)
);
CREATE TABLE IF NOT EXISTS request (
    environment TEXT NOT NULL, pki TEXT NOT NULL, state TEXT NOT NULL, mode TEXT NOT NULL,
    submitted_at TEXT NOT NULL, due_at TEXT NOT NULL, subject TEXT NOT NULL,
    actor_type TEXT NOT NULL, actor_value TEXT NOT NULL, application_id TEXT,
    document TEXT NOT NULL, public_key BLOB NOT NULL, replaces TEXT, refusal TEXT,
    serial TEXT, certificate BLOB,
    PRIMARY KEY (environment, pki)
);
CREATE INDEX IF NOT EXISTS request_subject ON request (environment, subject);
CREATE INDEX IF NOT EXISTS request_actor ON request (environment, actor_type, actor_value);
CREATE TABLE IF NOT EXISTS token (
    environment TEXT NOT NULL, pki TEXT NOT NULL, state TEXT NOT NULL, key_identifier TEXT NOT NULL,
    public_key BLOB NOT NULL, serial TEXT NOT NULL, certificate BLOB, etk BLOB, to_be_activated INTEGER,
    PRIMARY KEY (environment, pki)
);
CREATE INDEX IF NOT EXISTS token_key ON token (environment, key_identifier);
CREATE TABLE IF NOT EXISTS foreigner (
    ticket TEXT PRIMARY KEY, environment TEXT NOT NULL, pki TEXT NOT NULL, document TEXT NOT NULL,
    public_key BLOB NOT NULL, expires_at TEXT NOT NULL, confirmed_at TEXT
);
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, environment TEXT NOT NULL,
    operation TEXT NOT NULL, body BLOB NOT NULL, outcome TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS session_seen (
    environment TEXT NOT NULL, value TEXT NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY (environment, value)
);
CREATE TABLE IF NOT EXISTS session_challenge (
    environment TEXT NOT NULL, context TEXT NOT NULL, challenge TEXT NOT NULL, header TEXT NOT NULL,
    document TEXT NOT NULL, made_at TEXT NOT NULL, PRIMARY KEY (environment, context)
);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    environment TEXT, operation TEXT, remaining INTEGER
);
"""


FILE = "sandbox.sqlite3"


class StateInUse(Exception):
    """Another sandbox serves from the same folder."""


class Store:
    """The state file of one sandbox."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = directory / FILE
        with self.transaction() as db:
            for statement in SCHEMA.split(";"):
                db.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction: committed when the block ends, rolled back when it raises."""
        db = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        finally:
            db.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries; it never waits for a writer."""
        db = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            yield db
        finally:
            db.close()

    def setting(self, name: str, default: Any = None) -> Any:
        """The value that was last put under this name, or the default."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row["value"])

    def put_setting(self, name: str, value: Any) -> None:
        """Remember a JSON value under a name."""
        with self.transaction() as db:
            write_setting(db, name, value)


@contextmanager
def serving(directory: Path) -> Iterator[None]:
    """Hold the folder for one serving process; raises StateInUse. The lock ends with the process, however it ends."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateInUse("A sandbox is already running with this state folder.") from None
        yield


def write_setting(db: sqlite3.Connection, name: str, value: Any) -> None:
    """The same inside a transaction that is already open."""
    db.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, json.dumps(value, ensure_ascii=False)),
    )


class Clock:
    """The sandbox's own time: the machine's, moved by an offset that tests may set (in seconds)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds)

    @property
    def offset_seconds(self) -> float:
        """How far this clock is ahead of the machine's."""
        return float(self._store.setting("clock_offset", 0))

    def move(self, offset_seconds: float) -> None:
        """Set the distance to the machine's clock; it is kept over a restart."""
        self._store.put_setting("clock_offset", offset_seconds)


def to_text(moment: datetime) -> str:
    """An aware moment as it is stored: UTC, fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_moment(text: str) -> datetime:
    """The way back."""
    return datetime.fromisoformat(text)
