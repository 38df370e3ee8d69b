"""Every command in the README runs as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.sandbox import faults
from tests.support.sandbox import ROOT, SandboxProcess

README = (ROOT / "deploy" / "sandbox" / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]


def environment(sandbox: SandboxProcess, tmp_path: Path) -> dict[str, str]:
    """A shell in which `python` is this one, `curl` fails on refusals, and the README's names mean something."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python").symlink_to(sys.executable)
    curl = shutil.which("curl")
    assert curl, "the README's examples need curl"
    (tools / "curl").write_text(f'#!/bin/sh\nexec {curl} --fail "$@"\n')
    (tools / "curl").chmod(0o755)
    return {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "STATE": str(sandbox.state),
        "CONTROL": sandbox.control,
        "PRODUCTION": sandbox.production,
    }


def test_every_control_command_is_accepted(sandbox: SandboxProcess, tmp_path: Path) -> None:
    shell = environment(sandbox, tmp_path)
    run = [command for command in COMMANDS if " serve " not in command]
    assert len(run) >= 13
    for command in run:
        done = subprocess.run(
            ["sh", "-c", command], env=shell, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
        json.loads(done.stdout)


def test_the_start_command_starts(tmp_path: Path) -> None:
    (command,) = [command for command in COMMANDS if " serve " in command]
    arguments = command.split()
    assert arguments[0] == "python"
    arguments[-1] = str(tmp_path / arguments[-1])
    process = subprocess.Popen(
        [sys.executable, *arguments[1:]], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"ready", "production", "acceptance", "control", "pki"}
        assert (Path(ready["pki"]) / "citizen" / "root.pem").is_file()
    finally:
        process.terminate()
        process.wait(timeout=180)
        if process.stdout:
            process.stdout.close()


@pytest.mark.parametrize("kind", [kind for kind in faults.KINDS if not kind.startswith("soa-")])
def test_every_fault_is_described(kind: str) -> None:
    assert f"`{kind}`" in README


def test_every_code_is_described() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "deploy" / "sandbox").rglob("*.py"))
    codes = set(re.findall(r'(?:Refusal|Declined)\(\s*"([A-Z_]+)"', source))
    assert len(codes) > 15
    missing = {code for code in codes if f"`{code}`" not in README}
    assert missing == set()
