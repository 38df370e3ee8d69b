"""Handler, watch, windows, and that the agent stands on its own."""

import ast
import os
import shutil
import subprocess
import sys
import textwrap
import venv
from pathlib import Path

import pytest

from agent.errors import AgentError
from agent.language import Texts
from agent.passwords import strength_of
from agent.portal.answers import JobSummary
from agent.tasks.handler import install_handler, job_of
from agent.tasks.watch import TASKS, job_line
from agent.ui import choose_surface
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import ROOT, Workstation, finish

JOB = "AAECAwQFBgcICQoLDA0ODw"
AGENT = ROOT / "agent"


def test_an_address_carries_an_id_and_nothing_else() -> None:
    assert job_of(f"ehportal://run/{JOB}") == JOB
    assert job_of(f"ehportal://run/{JOB}/") == JOB
    for url in (
        "",
        f"ehportal:run/{JOB}",
        f"ehportal://run/{JOB}?server=https://evil.example",
        f"ehportal://run/{JOB}#x",
        f"ehportal://evil.example/run/{JOB}",
        f"ehportal://enrol/{JOB}",
        f"ehportal://run/{JOB}x",
        f"ehportal://run/{JOB[:-1]}",
        f"ehportal://run/{JOB[:-1]}x",
        f"ehportal://run/{JOB}\n",
        f"EHPORTAL://run/{JOB} --format legacy",
        f"https://run/{JOB}",
        "ehportal://run/../../etc/passwd",
    ):
        with pytest.raises(AgentError):
            job_of(url)


def test_the_desktop_learns_who_opens_the_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "a folder $x" / "ehportal-agent"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(script)])
    file = install_handler()
    text = file.read_text()
    assert file == tmp_path / "data" / "applications" / "ehportal-agent.desktop"
    assert f'Exec="{tmp_path}/a folder \\$x/ehportal-agent" handle %u' in text
    assert "MimeType=x-scheme-handler/ehportal;" in text
    validator = shutil.which("desktop-file-validate")
    if validator:
        subprocess.run([validator, str(file)], check=True)


def test_watch_tells_each_thing_once(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    code, screen = finish(enrolled.spawn("watch", "--once", "--ui", "terminal"))
    assert code == 0
    assert screen.count(job.id) == 1
    assert "Sign a certificate request for" in screen


def test_what_waits_is_called_by_its_name() -> None:
    words = {job_line(waiting(kind), Texts("en")) for kind in (*TASKS, "a kind of tomorrow", "")}
    assert len(words) == len(TASKS) + 1
    assert any(line.startswith("End a certificate for UZ Test (") for line in words)


def waiting(kind: str) -> JobSummary:
    return JobSummary("x", "UZ Test", "CBE=1", "production", "offered", kind)


def test_a_window_when_there_is_a_display_and_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for display, tty, wish, expected in (
        (":1", False, None, "window"),
        (":1", True, None, "terminal"),
        ("", False, None, "terminal"),
        ("", True, "window", "window"),
        (":1", False, "terminal", "terminal"),
    ):
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.setenv("WAYLAND_DISPLAY", "")
        monkeypatch.setattr("sys.stdin.isatty", lambda tty=tty: tty, raising=False)
        assert choose_surface(wish) == expected


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("kort", "short"),
        ("password1234", "weak"),
        ("ehealth2026!", "weak"),
        ("Ziekenhuis1", "weak"),
        ("Bienvenue2026!", "weak"),
        ("wolk trompet kade 71", "ok"),
        ("wölk trompet kade 71", "ascii"),
        ("tab\tin it 123456", "ascii"),
        ("x" * 73, "long"),
    ],
)
def test_new_passwords_are_judged(password: str, reason: str) -> None:
    assert strength_of(password).reason == reason
    assert strength_of(password).acceptable == (reason == "ok")


WITHOUT_DJANGO = """
    import importlib, importlib.abc, pkgutil, sys

    class NoDjango(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name.split(".")[0] in ("django", "organisations", "certificates", "ehportal", "rest_framework"):
                raise ImportError(name)

    sys.meta_path.insert(0, NoDjango())
    import agent
    names = [m.name for m in pkgutil.walk_packages(agent.__path__, "agent.")]
    for name in names:
        importlib.import_module(name)
    assert len(names) > 30, names
    print("imported", len(names), agent.__file__)
"""


def test_everything_imports_without_django() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WITHOUT_DJANGO)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_wire_leans_on_nothing_but_its_four_libraries() -> None:
    allowed = {"asn1crypto", "cryptography", "lxml", "signxml", *sys.stdlib_module_names}
    seen = set()
    for path in (AGENT / "wire").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                seen.add(name.split(".")[0])
                assert name.startswith("agent.wire.") or name.split(".")[0] in allowed, (path.name, name)
    assert {"agent", "asn1crypto", "cryptography", "lxml", "signxml"} <= seen


def test_it_installs_in_a_fresh_environment(tmp_path: Path) -> None:
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    source = tmp_path / "source" / "agent"
    shutil.copytree(
        AGENT, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist")
    )
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(source)]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    run = {"cwd": tmp_path, "capture_output": True, "text": True}
    shown = subprocess.run([str(environment / "bin" / "ehportal-agent"), "--help"], **run)  # type: ignore[call-overload]  # shared keywords
    assert "install-handler" in shown.stdout, shown.stderr
    imported = subprocess.run([str(python), "-c", textwrap.dedent(WITHOUT_DJANGO)], **run)  # type: ignore[call-overload]  # shared keywords
    assert "site-packages" in imported.stdout, imported.stderr
    home = {"EHPORTAL_AGENT_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    doctor = [str(environment / "bin" / "ehportal-agent"), "doctor", "--language", "nl", "--ui", "terminal"]
    looked = subprocess.run(doctor, env=home, **run)  # type: ignore[call-overload]  # shared keywords
    assert "ehportal-agent enrol" in looked.stdout, looked.stderr
