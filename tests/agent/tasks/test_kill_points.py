"""The agent killed at many lines of a key store's life: no key is ever lost, and the next run finishes."""

import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.errors import StoreError
from agent.stores.contents import authentication_entry, open_store
from agent.wire.pki.keys import public_key_identifier
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation

MODULES = (
    "tasks/request.py",
    "stores/keys.py",
    "stores/contents.py",
    "stores/files.py",
    "pending.py",
    "durable.py",
    "stores/remembered.py",
)
POINTS, SAMPLE, SEED = 60, 4, 20260301


def _launcher(count_file: Path, kill_at: int) -> list[str]:
    return ["-m", "tests.support.kill", str(count_file), str(kill_at), *MODULES, "--"]


def _identifiers(workstation: Workstation) -> set[str]:
    """The keys that are on disk in a store which opens with the password."""
    found = set()
    for file in [*workstation.pending, *workstation.stores]:
        if file.suffix.endswith("p12"):
            try:
                entry = authentication_entry(open_store(file.read_bytes(), PASSWORD))
                found.add(public_key_identifier(entry.key.public_key()))
            except StoreError:
                continue
    return found


@dataclass
class Counts:
    """What the campaign saw."""

    killed: int = 0
    ended_first: int = 0
    after_sending: int = 0


def _point(workstation: Workstation, server: Counterpart, number: int, kill_at: int, counts: Counts) -> None:
    job = server.add_job(application_id=f"P{number}")
    before = set(workstation.stores)
    code, screen = workstation.run(job.id, launcher=_launcher(workstation.home / "count", kill_at))
    assert code in (-signal.SIGKILL, 0), (kill_at, screen)
    counts.killed += code != 0
    counts.ended_first += code == 0
    counts.after_sending += bool(server.requests[job.id].signed) and code != 0
    assert set(server.submitted_keys) <= _identifiers(workstation), f"a key was lost at line {kill_at}"
    code, screen = workstation.run(job.id)
    assert code == 0, (kill_at, screen)
    request = server.requests[job.id]
    assert request.state == "completed", kill_at
    (store,) = set(workstation.stores) - before
    opened = authentication_entry(open_store(store.read_bytes(), PASSWORD))
    assert opened.certificate == request.certificate, kill_at
    assert public_key_identifier(opened.key.public_key()) == request.key_identifier, kill_at
    assert workstation.pending == [], kill_at
    folders = (workstation.home, workstation.keystores)
    left = [file for folder in folders for file in folder.rglob(".ehportal-tmp-*")]
    assert left == [], kill_at
    assert list(workstation.keystores.glob("*.backup")) == [], kill_at


@pytest.mark.campaign
def test_no_key_is_lost_wherever_the_agent_dies(
    enrolled: Workstation, server: Counterpart, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    count_file = enrolled.home / "count"
    code, screen = enrolled.run(server.add_job(application_id="DRY").id, launcher=_launcher(count_file, 0))
    assert code == 0, screen
    lines = int(count_file.read_text())
    assert lines > 200
    points = [1 + index * (lines - 1) // (POINTS - 1) for index in range(POINTS)]
    if not full:
        points = sorted(random.Random(SEED).sample(points, SAMPLE))  # noqa: S311  a repeatable choice is wanted
    counts = Counts()
    for number, kill_at in enumerate(points):
        _point(enrolled, server, number, kill_at, counts)
    with capsys.disabled():
        print(
            f"\nkill points: {len(points)} of {lines} lines, {counts.killed} killed "
            f"({counts.after_sending} after sending), {counts.ended_first} ended first, 0 keys lost"
        )
    assert counts.killed >= len(points) - 2
