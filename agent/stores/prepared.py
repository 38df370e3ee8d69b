"""A key made for a preparation file, from before its request leaves until the person says that the store opens.

It waits for weeks and for no server: the certificate comes back as a file. So it has a folder of its own, apart from
the work that `run` goes on with. Stages: `key`, the key is safe in <id>.pending.p12; `stored`, the finished store is
in the key store folder. No secret and no number of a person is in the state.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from agent import durable
from agent.config import Config
from agent.errors import StoreError
from agent.pending import StoreFormat
from agent.wire.jobs import JOB_ID, Environment

Stage = Literal["key", "stored"]
_FIELDS = frozenset(
    {"version", "id", "server", "environment", "stage", "format", "created_at", "key_identifier"}
)


@dataclass(frozen=True)
class PreparedState:
    """What is known of a prepared key; `key_identifier` (PublicKeyIdentifier) finds it without a password."""

    id: str
    server: str
    environment: Environment
    stage: Stage
    format: StoreFormat
    created_at: datetime
    key_identifier: str


class Prepared:
    """The files of one prepared key."""

    def __init__(self, config: Config, key_id: str) -> None:
        if not JOB_ID.match(key_id):
            raise ValueError("not an id")
        self.id = key_id
        self.folder = folder_of(config)
        self.key_file = self.folder / f"{key_id}.pending.p12"
        self._state_file = self.folder / f"{key_id}.json"
        self._lock_file = config.home / "locks" / f"{key_id}.lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this key alone, and clear away what a crash left half-written."""
        durable.private_folder(self.folder)
        durable.private_folder(self._lock_file.parent)
        with durable.lock(self._lock_file):
            durable.sweep(self.folder, of=self.id)
            yield

    def state(self) -> PreparedState | None:
        """Read where it stands; None when nothing, or only the key, is on disk. Raises StoreError `pending_damaged`."""
        value = durable.read_json(self._state_file)
        if value is None and not self._state_file.exists():
            return None
        if value is None or set(value) != _FIELDS or value["id"] != self.id:
            raise StoreError("pending_damaged", file=str(self._state_file))
        return PreparedState(
            id=self.id,
            server=str(value["server"]),
            environment=cast(Environment, value["environment"]),
            stage=cast(Stage, value["stage"]),
            format=cast(StoreFormat, value["format"]),
            created_at=datetime.fromisoformat(str(value["created_at"])),
            key_identifier=str(value["key_identifier"]),
        )

    def keep_key(self, store: bytes) -> None:
        """Write the encrypted key durably; this comes before everything else."""
        durable.write(self.key_file, store)

    def keep(self, state: PreparedState) -> PreparedState:
        """Write the state durably and return it."""
        durable.write_json(
            self._state_file,
            {
                "version": 1,
                "id": state.id,
                "server": state.server,
                "environment": state.environment,
                "stage": state.stage,
                "format": state.format,
                "created_at": state.created_at.isoformat(),
                "key_identifier": state.key_identifier,
            },
        )
        return state

    def forget(self) -> None:
        """Remove the key, then the state."""
        for file in (self.key_file, self._state_file):
            durable.remove(file)

    def set_aside(self, now: datetime) -> Path:
        """Move a key whose password is lost out of the way; returns where it is."""
        aside = durable.private_folder(self.folder / "set-aside")
        target = aside / f"{self.id} {now:%Y%m%d-%H%M%S}.p12"
        if self.key_file.exists():
            durable.replace(self.key_file, target)
            durable.sync_folder(aside)
        self.forget()
        return target


def folder_of(config: Config) -> Path:
    """Return the folder where prepared keys wait."""
    return config.home / "prepared"


def prepared_keys(config: Config) -> tuple[Prepared, ...]:
    """List every prepared key of which something is on disk."""
    folder = folder_of(config)
    if not folder.is_dir():
        return ()
    files = (*folder.glob("*.pending.p12"), *folder.glob("*.json"))
    names = sorted({file.name.split(".")[0] for file in files})
    return tuple(Prepared(config, name) for name in names if JOB_ID.match(name))
