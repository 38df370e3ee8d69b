"""From a bare machine: what is missing is named, with the command that installs it."""

from pathlib import Path

import pytest

from deploy.stack import bootstrap
from deploy.stack.bootstrap import SystemPart
from tests.environment import ROOT

MISSING = SystemPart("softhsm2", "holds the virtual identity cards", present=False)
THERE = SystemPart("openssl", "checks from outside", present=True)


def test_nothing_is_done_where_nothing_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.install_system_parts([THERE])
    assert capsys.readouterr().out == ""


def test_another_user_than_root_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as stopped:
        bootstrap.install_system_parts([THERE, MISSING])
    assert stopped.value.code == 2
    shown = capsys.readouterr().out
    assert "softhsm2: holds the virtual identity cards" in shown
    assert "sudo apt-get install softhsm2" in shown
    assert "openssl" not in shown


def test_a_failing_installation_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho 'no such package' >&2\nexit 100\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(SystemExit) as stopped:
        bootstrap.install_system_parts([MISSING])
    assert stopped.value.code == 2
    assert "no such package" in capsys.readouterr().out


def test_the_commands_of_the_readme_are_there_and_explain_themselves() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("deploy/demo", "deploy/test"):
        assert command in readme
        path = ROOT / command
        assert path.stat().st_mode & 0o111, f"{command} cannot be executed"
    for folder in (
        "ehportal",
        "organisations",
        "certificates",
        "agent",
        "deploy/sandbox",
        "deploy/stack",
        "tests",
    ):
        assert f"`{folder}/`" in readme
        assert (ROOT / folder).is_dir()
    for picture in ("dashboard", "sign", "certificate"):
        assert (ROOT / "docs" / "pictures" / f"{picture}.png").is_file()


def test_the_locked_requirements_name_no_address() -> None:
    for lock in ("demo.txt", "test.txt", "server.txt", "agent.txt"):
        text = (ROOT / "requirements" / lock).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
