"""Work that is not finished: its key and its state, both on disk before anything leaves the workstation.

Stages, each written durably before the next step:

    key      the key is safe in <job>.pending.p12; nothing has left
    signed   the signed request is safe in <job>.signed.xml; it may have left, and is sent again as it is
    sent     the server has it; waiting for the certificate
    stored   the finished store is safe in the key store folder; the server may not know yet

Where an encryption token follows in the same sitting (agent/tokens/sitting.py):

    token_key         the encryption key is safe in <job>.token.p12; it may have been offered
    token_sent        its certificate is safe in <job>.token.der; it may have been handed in, and is again as it is
    token_registered  the government made the token; the key store is to get the key

The same stages, from `stored` on and without a key of a request, lead to a token for a key store that was there already
(agent/tokens/make.py).

    finished   everything is acknowledged; only these files are still to go

A job's files go only after the server has acknowledged, key first, state last.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, cast, get_args

from agent import durable
from agent.errors import StoreError
from agent.wire.jobs import JOB_ID, Environment
from agent.wire.software import StoreFormat as StoreFormat

Stage = Literal["key", "signed", "sent", "stored", "token_key", "token_sent", "token_registered", "finished"]
_STAGES = get_args(Stage)
TOKEN_STAGES = ("stored", "token_key", "token_sent", "token_registered")
"""Where the certificate is in its key store, and its token is not."""
_FIELDS = frozenset(
    {
        *("version", "job", "server", "stage", "environment", "organisation", "format", "created_at"),
        *("fingerprint", "token", "replaces", "old_store", "store", "to_be_activated"),
    }
)


@dataclass(frozen=True)
class State:
    """Where one job stands. No secret is in it; a path may name whose key store it is.

    `token`: an encryption token follows. `replaces`: fingerprint of the certificate that is renewed, `old_store` the
    key store that holds it. `store`: the finished key store.
    """

    job: str
    server: str
    stage: Stage
    environment: Environment
    organisation: str
    format: StoreFormat
    created_at: datetime
    fingerprint: str = ""
    token: bool = False
    replaces: str = ""
    old_store: str = ""
    store: str = ""
    to_be_activated: bool = False


class Pending:
    """The files of one job in the pending folder."""

    def __init__(self, folder: Path, job_id: str) -> None:
        if not JOB_ID.match(job_id):
            raise ValueError("not a job id")
        self.job_id = job_id
        self.folder = folder
        self.key_file = folder / f"{job_id}.pending.p12"
        self.signed_file = folder / f"{job_id}.signed.xml"
        self.token_key_file = folder / f"{job_id}.token.p12"
        self.token_certificate_file = folder / f"{job_id}.token.der"
        self._state_file = folder / f"{job_id}.json"
        self._lock_file = folder.parent / "locks" / f"{job_id}.lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this job alone, and clear away what a crash left half-written in its folder."""
        durable.private_folder(self.folder)
        durable.private_folder(self._lock_file.parent)
        with durable.lock(self._lock_file):
            durable.sweep(self.folder, of=self.job_id)
            yield

    def state(self) -> State | None:
        """Where the job stands, or None when nothing of it is on disk.

        A key without a readable state (a crash between the two) is stage `key` of an unknown request: the
        caller asks the server again. Raises StoreError `pending_damaged` for one that cannot be read.
        """
        value = durable.read_json(self._state_file)
        if value is None:
            if self._state_file.exists():
                raise StoreError("pending_damaged", file=str(self._state_file))
            return None
        if set(value) != _FIELDS or value["job"] != self.job_id or value["stage"] not in _STAGES:
            raise StoreError("pending_damaged", file=str(self._state_file))
        return State(
            job=self.job_id,
            server=str(value["server"]),
            stage=cast(Stage, value["stage"]),
            environment=cast(Environment, value["environment"]),
            organisation=str(value["organisation"]),
            format=cast(StoreFormat, value["format"]),
            created_at=datetime.fromisoformat(str(value["created_at"])),
            fingerprint=str(value["fingerprint"]),
            token=value["token"] is True,
            replaces=str(value["replaces"]),
            old_store=str(value["old_store"]),
            store=str(value["store"]),
            to_be_activated=value["to_be_activated"] is True,
        )

    @property
    def begun(self) -> bool:
        """Whether something of the job is on disk."""
        return self.key_file.exists() or self._state_file.exists()

    @property
    def is_token_only(self) -> bool:
        """Whether a token is being made for a key store that was there already: no key of a request is here."""
        value = durable.read_json(self._state_file) or {}
        return value.get("stage") in TOKEN_STAGES and not self.key_file.exists()

    def keep_key(self, store: bytes) -> None:
        """Write the encrypted key durably; this comes before everything else."""
        durable.write(self.key_file, store)

    def keep_signed(self, request: bytes, state: State) -> State:
        """Write the signed bytes durably, then say so."""
        durable.write(self.signed_file, request)
        return self.keep(replace(state, stage="signed"))

    def keep_sent(self, state: State) -> State:
        """The server has the request: its bytes are not needed here any longer."""
        state = self.keep(replace(state, stage="sent"))
        durable.remove(self.signed_file)
        return state

    def back_to_key(self, state: State) -> State:
        """The server refused the request: what was signed is void, the key stays."""
        state = self.keep(replace(state, stage="key"))
        durable.remove(self.signed_file)
        return state

    def keep_token_key(self, store: bytes, state: State) -> State:
        """Write the encrypted encryption key durably, then say so."""
        durable.write(self.token_key_file, store)
        return self.keep(replace(state, stage="token_key"))

    def keep_token_certificate(self, certificate: bytes, state: State) -> State:
        """Write the encryption key's certificate durably, then say so: only this one may be handed in from now on."""
        durable.write(self.token_certificate_file, certificate)
        return self.keep(replace(state, stage="token_sent"))

    def keep(self, state: State) -> State:
        """Write the state durably and return it."""
        durable.write_json(
            self._state_file,
            {
                "version": 1,
                "job": state.job,
                "server": state.server,
                "stage": state.stage,
                "environment": state.environment,
                "organisation": state.organisation,
                "format": state.format,
                "created_at": state.created_at.isoformat(),
                "fingerprint": state.fingerprint,
                "token": state.token,
                "replaces": state.replaces,
                "old_store": state.old_store,
                "store": state.store,
                "to_be_activated": state.to_be_activated,
            },
        )
        return state

    def finish(self, state: State) -> None:
        """The job is done: say so durably, for a crash among the removals would leave a job without its key."""
        self.keep(replace(state, stage="finished"))
        self.forget()

    def forget(self) -> None:
        """Remove everything, key first, state last: until the state is gone, the server is asked again."""
        files = (self.key_file, self.token_key_file, self.signed_file, self.token_certificate_file)
        for file in (*files, self._state_file):
            durable.remove(file)

    def set_aside(self, now: datetime) -> Path:
        """Keep the key of a request that came to nothing, out of the way; returns where it is."""
        aside = durable.private_folder(self.folder / "set-aside")
        target = aside / f"{self.job_id} {now:%Y%m%d-%H%M%S}.p12"
        if self.key_file.exists():
            durable.replace(self.key_file, target)
            durable.sync_folder(aside)
        self.forget()
        return target


def unfinished(folder: Path) -> tuple[Pending, ...]:
    """Every job of which something is on disk, oldest first."""
    if not folder.is_dir():
        return ()
    files = [*folder.glob("*.pending.p12"), *folder.glob("*.json")]
    names = {file.name.split(".")[0] for file in sorted(files, key=lambda file: file.stat().st_mtime)}
    return tuple(Pending(folder, name) for name in sorted(names) if JOB_ID.match(name))
