"""Telling on the desktop is a courtesy: whatever its tool does, the watch goes on."""

from pathlib import Path

import pytest

from agent.tasks import watch


@pytest.mark.parametrize("script", ["sleep 60", "exit 3"])
def test_a_desktop_that_hangs_stops_no_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    tool = tmp_path / "notify-send"
    tool.write_text(f"#!/bin/sh\nexec {script}\n" if script.startswith("sleep") else f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(watch, "NOTICE_SECONDS", 0.3)
    watch.notify("Something waits.")
