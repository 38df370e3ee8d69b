"""What the demo answers before it does anything: help at once, and how to go on beside a demo that runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.stack.demo.accounts import MAASDAL
from deploy.stack.demo.command import AGAIN, agent_commands
from deploy.stack.demo.folder import hold
from tests.environment import ROOT


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["-h"], 0), (["--once", "--nonsense"], 2)])
def test_help_comes_before_an_environment_is_made(tmp_path: Path, words: list[str], code: int) -> None:
    # A copy has no environment yet: making one would take minutes and leave a folder.
    copy = tmp_path / "copy"
    for part in ("deploy/demo", "deploy/__init__.py", "deploy/stack"):
        target = copy / part
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / part), str(target)], check=True)
    done = subprocess.run(
        [sys.executable, "-S", str(copy / "deploy/demo"), *words], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert "deploy/demo" in done.stdout + done.stderr
    assert ("unattended" in done.stdout) is (code == 0)
    assert not (copy / ".venv").exists()


def test_once_beside_a_running_demo_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(tmp_path / "demo")
    with pytest.raises(SystemExit) as stopped:
        hold(tmp_path / "demo", instead=AGAIN)
    assert stopped.value.code == 2
    shown = capsys.readouterr().out
    assert "already running" in shown
    assert "deploy/demo --once --folder " in shown


def test_each_account_of_the_demo_has_the_command_of_its_own_workstation(tmp_path: Path) -> None:
    import json

    commands = json.loads(agent_commands(tmp_path / "a demo")["AGENT_COMMANDS"])
    assert commands[MAASDAL.holder_email] == f"'{tmp_path}/a demo/workstations/peeters/ehportal-agent'"
