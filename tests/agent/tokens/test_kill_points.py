"""The agent killed at many lines of a renewal with its token: no key is lost, and the next run finishes."""

import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from agent.errors import StoreError
from agent.stores.contents import authentication_entry, encryption_entries, open_store
from agent.wire.pki.keys import public_key_identifier
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Token, facts_of
from tests.agent.workstation import PASSWORD, Workstation

MODULES = (
    *(
        "tasks/request.py",
        "tasks/renewal.py",
        "tokens/sitting.py",
        "tokens/self_test.py",
        "stores/own.py",
        "stores/contents.py",
    ),
    *("stores/files.py", "pending.py", "durable.py", "stores/remembered.py"),
)
POINTS, SAMPLE, SEED = 110, 3, 20261125


def _launcher(count_file: Path, kill_at: int) -> list[str]:
    return ["-m", "tests.support.kill", str(count_file), str(kill_at), *MODULES, "--"]


def _keys_on_disk(workstation: Workstation) -> set[str]:
    """Every key in a store, finished or pending, that opens with the password."""
    found: set[str] = set()
    for file in [*workstation.pending, *workstation.stores]:
        if file.suffix.endswith("p12"):
            try:
                contents = open_store(file.read_bytes(), PASSWORD)
            except StoreError:
                continue
            found |= {public_key_identifier(entry.key.public_key()) for entry in contents.keys}
    return found


@dataclass
class Counts:
    """What the campaign saw."""

    killed: int = 0
    ended_first: int = 0
    offered: int = 0
    registered: int = 0


def _token(server: Counterpart, job_id: str) -> Token:
    token = server.requests[job_id].token
    assert token is not None
    return token


def _first(workstation: Workstation, server: Counterpart, number: int) -> str:
    """A certificate with its token, ready to be renewed."""
    job = server.add_job(application_id=f"K{number}", token=True)
    code, screen = workstation.run(job.id)
    assert code == 0, screen
    return job.id


def _point(workstation: Workstation, server: Counterpart, number: int, kill_at: int, counts: Counts) -> None:
    first = _first(workstation, server, number)
    certificate = server.requests[first].certificate
    assert certificate is not None
    job = server.add_job(application_id=f"K{number}", token=True, replaces=facts_of(certificate))
    before = set(workstation.stores)
    code, screen = workstation.run(job.id, launcher=_launcher(workstation.home / "count", kill_at))
    assert code in (-signal.SIGKILL, 0), (kill_at, screen)
    counts.killed += code != 0
    counts.ended_first += code == 0
    offered = server.requests[job.id].token
    counts.offered += offered is not None and code != 0
    counts.registered += offered is not None and bool(offered.etk) and code != 0
    keys = _keys_on_disk(workstation)
    assert set(server.submitted_keys) <= keys, f"an authentication key was lost at line {kill_at}"
    if offered is not None:
        assert public_key_identifier(offered.key) in keys, f"an encryption key was lost at line {kill_at}"
    assert public_key_identifier(_token(server, first).key) in keys, "the old encryption key"
    code, screen = workstation.run(job.id)
    assert code == 0, (kill_at, screen)
    token = _token(server, job.id)
    assert token.stored, kill_at
    assert token.proofs[-1:] == ["ok"], kill_at
    (store,) = set(workstation.stores) - before
    contents = open_store(store.read_bytes(), PASSWORD)
    assert authentication_entry(contents).certificate == server.requests[job.id].certificate, kill_at
    expected = {x509.load_der_x509_certificate(_token(server, one).certificate) for one in (first, job.id)}
    assert {entry.certificate for entry in encryption_entries(contents)} == expected, kill_at
    assert workstation.pending == [], kill_at
    folders = (workstation.home, workstation.keystores)
    assert [file for folder in folders for file in folder.rglob(".ehportal-tmp-*")] == [], kill_at


@pytest.mark.campaign
def test_no_key_of_a_renewal_is_lost_wherever_the_agent_dies(
    enrolled: Workstation, server: Counterpart, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _first(enrolled, server, 0)
    certificate = server.requests[first].certificate
    assert certificate is not None
    dry = server.add_job(application_id="K0", token=True, replaces=facts_of(certificate))
    count_file = enrolled.home / "count"
    code, screen = enrolled.run(dry.id, launcher=_launcher(count_file, 0))
    assert code == 0, screen
    lines = int(count_file.read_text())
    assert lines > 400
    points = [1 + index * (lines - 1) // (POINTS - 1) for index in range(POINTS)]
    if not full:
        points = sorted(random.Random(SEED).sample(points, SAMPLE))  # noqa: S311  a repeatable choice is wanted
    counts = Counts()
    for number, kill_at in enumerate(points, 1):
        _point(enrolled, server, number, kill_at, counts)
    with capsys.disabled():
        print(
            f"\nkill points of a renewal: {len(points)} of {lines} lines, {counts.killed} killed "
            f"({counts.offered} after the key was offered, {counts.registered} after the token was made), "
            f"{counts.ended_first} ended first, 0 keys lost"
        )
    assert counts.killed >= len(points) - 2
