"""A rewrite of a key store killed before and after each write, rename and fsync: no key lost, no half state."""

import random
import re
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pexpect
import pytest

from agent import pkcs12
from agent.errors import StoreError
from agent.pkcs12 import Contents
from agent.stores import contents as keystore
from agent.wire.pki.keys import public_key_identifier
from tests.agent.stores.samples import full_contents, other_contents
from tests.agent.workstation import ROOT, Workstation
from tests.support.kill_store import NEW, OLD, OPERATIONS

SAMPLE, EACH, LEAST, SEED = 2, 24, 20, 20260402
STEP = re.compile(r"(?<!pkcs12)\.(write|flush|fsync|replace|rename|link|unlink)\(|O_CREAT")


@dataclass
class Folder:
    """The files of one operation, as they were before it."""

    path: Path
    before: Contents = field(default_factory=full_contents)
    renewed: Contents = field(default_factory=other_contents)

    @classmethod
    def make(cls, path: Path, originals: dict[str, bytes]) -> "Folder":
        path.mkdir(mode=0o700)
        for name, data in originals.items():
            (path / name).write_bytes(data)
            (path / name).chmod(0o600)
        return cls(path)

    @property
    def files(self) -> list[Path]:
        return sorted(
            file
            for file in self.path.rglob("*")
            if file.is_file() and not file.name.startswith(".ehportal") and file.suffix in (".p12", ".backup")
        )

    def check_whole(self, where: str) -> None:
        """Every file under its own name opens, nobody else reads it, and every key is in one of them."""
        found: set[str] = set()
        for file in self.files:
            contents = _open(file)
            assert contents is not None, f"{file.name} is half a store: {where}"
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, where
            found |= _keys(contents)
        assert found >= _keys(self.before) | _keys(self.renewed), f"a key was lost: {where}"

    def check_finished(self, operation: str, originals: dict[str, bytes], where: str) -> None:
        """What the operation is for, and nothing left over."""
        self.check_whole(where)
        assert list(self.path.rglob(".ehportal-tmp-*")) == [], where
        old, new = _open(self.path / "old.p12"), _open(self.path / "new.p12")
        assert old is not None
        assert new is not None
        backups = [file.read_bytes() for file in self.files if file.suffix == ".backup"]
        expected: dict[str, tuple[bool, list[bytes]]] = {
            "change_password": (old.same_as(self.before), [originals["old.p12"]]),
            "export": ((self.path / "copy.p12").is_file(), []),
            "back_up": (old.same_as(self.before), [originals["old.p12"]]),
            "install": (old.same_as(self.renewed), [originals["old.p12"]]),
            "carry_over": (
                new.same_as(keystore.carried_over(self.before, self.renewed)),
                [originals["new.p12"]],
            ),
        }
        done, kept = expected[operation]
        assert done, where
        assert backups == kept, where


def _open(file: Path) -> Contents | None:
    return _opened(file.read_bytes())


@cache
def _opened(data: bytes) -> Contents | None:
    for password in (OLD, NEW):
        try:
            return pkcs12.read(data, password)
        except StoreError:
            continue
    return None


def _keys(contents: Contents) -> set[str]:
    return {public_key_identifier(entry.key.public_key()) for entry in contents.keys}


def _run(operation: str, folder: Path, count_file: Path, kill_at: int) -> int:
    command = [sys.executable, "-m", "tests.support.kill_store", str(count_file), str(kill_at), operation]
    done = subprocess.run([*command, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def _points(lines: list[str], full: bool) -> list[int]:
    """Before and after every line that changes the disk, EACH at least; a sample of them by default."""
    steps = {number for number, line in enumerate(lines, 1) if STEP.search(line)}
    points = sorted(steps | {number + 1 for number in steps if number < len(lines)})
    assert len(steps) >= 5, lines
    if not full:
        return sorted(random.Random(SEED).sample(points, SAMPLE))  # noqa: S311  a repeatable choice is wanted
    missing = max(EACH - len(points), 0)
    return sorted({*points, *(1 + index * len(lines) // (missing + 1) for index in range(missing))})


@pytest.mark.campaign
@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_rewrite_loses_a_key_wherever_it_dies(
    tmp_path: Path, full: bool, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    originals = {
        "old.p12": pkcs12.write(full_contents(), OLD, "modern"),
        "new.p12": pkcs12.write(other_contents(), NEW, "modern"),
    }
    count_file = tmp_path / "count"
    dry = Folder.make(tmp_path / "dry", originals)
    assert _run(operation, dry.path, count_file, 0) == 0
    dry.check_finished(operation, originals, "not killed at all")
    lines = count_file.read_text().split("\n")
    points = _points(lines, full)
    for kill_at in points:
        where = f"{operation}, line {kill_at}: {lines[kill_at - 1]}"
        folder = Folder.make(tmp_path / f"at-{kill_at}", originals)
        assert _run(operation, folder.path, count_file, kill_at) == -signal.SIGKILL, where
        folder.check_whole(where)
        OPERATIONS[operation](folder.path)
        folder.check_finished(operation, originals, where)
        shutil.rmtree(folder.path)
    with capsys.disabled():
        print(f"\nkills of {operation}: {len(points)}, 0 keys lost")
    assert len(points) >= (LEAST if full else SAMPLE)


@pytest.mark.campaign
def test_the_command_that_changes_a_password_can_die_anywhere(
    workstation: Workstation, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    modules = ("stores/commands.py", "stores/files.py", "durable.py", "stores/remembered.py")
    originals = {
        "old.p12": pkcs12.write(full_contents(), OLD, "modern"),
        "new.p12": pkcs12.write(other_contents(), NEW, "modern"),
    }
    count_file = workstation.home / "count"

    def change(folder: Folder, kill_at: int) -> int:
        launcher = ["-m", "tests.support.kill", str(count_file), str(kill_at), *modules, "--"]
        file = str(folder.path / "old.p12")
        terminal = workstation.spawn(
            "password", file, "--format", "modern", "--ui", "terminal", launcher=launcher
        )
        replies = {"New password: ": NEW, "The same password again: ": NEW, "for old.p12: ": OLD}
        prompts = list(replies)
        while (index := terminal.expect_exact([*prompts, pexpect.EOF])) < len(prompts):
            terminal.sendline(replies[prompts[index]])
        terminal.close()
        return -terminal.signalstatus if terminal.signalstatus else int(terminal.exitstatus or 0)

    dry = Folder.make(workstation.configuration / "dry", originals)
    assert change(dry, 0) == 0
    count = int(count_file.read_text())
    every = [1 + index * (count - 1) // (EACH - 1) for index in range(EACH)]
    points = every if full else random.Random(SEED).sample(every, SAMPLE)  # noqa: S311  a repeatable choice
    killed = 0
    for kill_at in points:
        folder = Folder.make(workstation.configuration / f"at-{kill_at}", originals)
        code = change(folder, kill_at)
        assert code in (0, -signal.SIGKILL), kill_at
        killed += code != 0
        folder.check_whole(f"line {kill_at}")
        if (folder.path / "old.p12").read_bytes() == originals["old.p12"]:
            assert change(folder, 0) == 0
        folder.check_finished("change_password", originals, f"line {kill_at}")
    with capsys.disabled():
        print(f"\nkills of the password command: {killed} at {count} lines, 0 keys lost")
    assert (
        killed >= len(points) - 2
    )  # a waiting lock or a record that is there already makes a line more or less
