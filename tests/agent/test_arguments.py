"""The command's own words: its version, and help in the language that is asked for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.arguments import reason_of
from agent.errors import AgentError
from agent.language import LANGUAGES, Texts, catalogue, command
from agent.wire.version import VERSION
from tests.agent.workstation import ROOT


def _said(home: Path, *words: str) -> tuple[int, str]:
    environment = {
        "EHPORTAL_AGENT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "COLUMNS": "120",
    }
    command = [sys.executable, "-m", "agent.cli", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def test_it_says_its_version(tmp_path: Path) -> None:
    assert _said(tmp_path, "--version") == (0, f"ehportal-agent {VERSION}\n")
    assert VERSION[0].isdigit()


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_in_the_language_that_is_asked_for(tmp_path: Path, language: str) -> None:
    texts = Texts(language)
    code, shown = _said(tmp_path, "--language", language, "--help")
    assert code == 0
    flat = " ".join(shown.split())
    for key in ("help.description", "help.command.run", "help.command.verify", "help.version", "help.ui"):
        assert " ".join(texts(key).split()) in flat, key
    assert shown.startswith(texts("help.usage"))
    code, shown = _said(tmp_path, "run", f"--language={language}", "-h")
    assert (code, " ".join(texts("help.option.format").split()) in " ".join(shown.split())) == (0, True)
    code, shown = _said(tmp_path, "--language", language, "run")
    assert code == 2
    assert texts("help.not_understood") in shown
    if language != "en":
        assert "usage:" not in shown


WRONG = (
    ("required", ("run",)),
    ("required", ()),
    ("unknown", ("status", "too", "much")),
    ("choice", ("run", "A" * 22, "--format", "new")),
    ("choice", ("nothing-of-ours",)),
    ("choice", ("--ui", "voice", "status")),
    ("number", ("run", "A" * 22, "--wait", "long")),
    ("value", ("scan", "--package")),
    ("no_value", ("doctor", "--card=yes")),
    ("ambiguous", ("scan", "--=x")),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("key", "words"), WRONG)
def test_what_is_wrong_is_said_in_the_language_that_is_asked_for(
    tmp_path: Path, language: str, key: str, words: tuple[str, ...]
) -> None:
    """Every kind that argparse finds, in none of its English."""
    code, shown = _said(tmp_path, "--language", language, *words)
    line = shown.strip().splitlines()[-1]
    said = re.escape(catalogue(language)[f"help.wrong.{key}"])
    assert code == 2
    assert re.search(re.sub(r"\\\{\w+\\\}", ".+", said) + r"\)$", line), line
    if language != "en":
        assert not re.search("argument |required|choice|choose|expected|invalid", line), line


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_of_no_known_kind_is_left_out(language: str) -> None:
    assert reason_of("argument --format: conflicts with something of tomorrow", Texts(language)) == ""


def test_help_is_in_the_language_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text('language = "fr"\n')
    (tmp_path / "agent.toml").chmod(0o600)
    tmp_path.chmod(0o700)
    assert Texts("fr")("help.description")[:40] in " ".join(_said(tmp_path, "--help")[1].split())


def test_what_is_to_be_typed_names_the_command_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EHPORTAL_AGENT_COMMAND", raising=False)
    assert command("run", "x") == "ehportal-agent run x"
    monkeypatch.setenv("EHPORTAL_AGENT_COMMAND", "/opt/a folder/ehportal-agent")
    assert command("run", "x") == "'/opt/a folder/ehportal-agent' run x"
    for language in LANGUAGES:
        assert not [key for key, text in catalogue(language).items() if "ehportal-agent " in text]
        texts = Texts(language)
        what, next_step = texts.problem(AgentError("device_unknown"))
        assert "'/opt/a folder/ehportal-agent' enrol" in next_step
        assert "{agent}" not in what + next_step
