"""The README's first command, as a newcomer runs it: fresh, again, broken, and stopped with Ctrl-C."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.support.effort import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    ours = ("DATABASE_URL", "REDIS_URL", "PORT", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "deploy" / "demo"), "--folder", str(folder), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        # As in a shell that starts it beside itself: Ctrl-C must reach it all the same.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )


def play(folder: Path, *words: str) -> tuple[int, str]:
    with start(folder, "--once", *words) as demo:
        shown, _ = demo.communicate(timeout=900)
        return demo.returncode, shown


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_once_again_broken_and_stopped(folder: Path) -> None:
    status, shown = play(folder)
    assert status == 0, shown
    for step in (
        "PostgreSQL",
        "it stands in the inventory",
        "shows it as revoked",
        "The certificate",
        "CN=CBE=0406798006",
    ):
        assert step in shown, shown

    # The state survived: the second start finds it, says how to go on, refuses a second copy, and stops cleanly.
    with start(folder) as demo:
        assert demo.stdout is not None
        seen = ""
        while "Ctrl-C" not in seen:
            line = demo.stdout.readline()
            assert line, seen
            seen += line
        port = int((folder / "port-web").read_text())
        assert answers(port)
        assert "els.wouters@maasdal.example" in seen
        code = subprocess.run(
            [sys.executable, str(ROOT / "deploy" / "demo"), "--folder", str(folder), "--code", "els"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert code.stdout.strip().isdigit()
        with start(folder) as second:
            refused, _ = second.communicate(timeout=180)
        assert second.returncode == 2
        assert "already running" in refused
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=180)
        assert demo.returncode == 0
    until(lambda: not answers(port), "the end of what listened")

    # A step that fails makes the whole fail, and says which.
    shutil.rmtree(folder / "workstations" / "peeters" / "card" / "tokens")
    status, shown = play(folder)
    assert status == 1, shown
    assert "FAILED" in shown
