"""The demo's workstations: a virtual identity card in SoftHSM and an agent home, each with a command of its own."""

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.stack.bootstrap import ROOT, softhsm_module
from deploy.stack.demo.accounts import PIN, DemoHospital

COMMAND = "ehportal-agent"
"""The file in a workstation's folder that starts the agent there."""


@dataclass(frozen=True)
class Workstation:
    """A holder's desk: the folder of card, agent and key stores, and the command that starts the agent there."""

    folder: Path
    command: Path

    @property
    def key_stores(self) -> Path:
        """Where the agent keeps the key stores."""
        return self.folder / "keystore"


def make_workstation(
    folder: Path, hospital: DemoHospital, sandbox_state: Path, language: str, *, pin: str = PIN
) -> Workstation:
    """Make card, agent settings and command where they are not there yet. Raises RuntimeError without SoftHSM."""
    module = softhsm_module()
    if module is None:
        raise RuntimeError("SoftHSM is not installed: apt-get install softhsm2")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    card, home = folder / "card", folder / "agent"
    station = Workstation(folder, folder / COMMAND)
    if not (card / "softhsm2.conf").exists():
        _write_card(card, hospital, sandbox_state, pin)
    home.mkdir(exist_ok=True, mode=0o700)
    settings = home / "agent.toml"
    settings.write_text(
        f"language = {json.dumps(language)}\n\n"
        f"[card]\nmodules = [{json.dumps(module)}]\n\n"
        f"[keystore]\nfolder = {json.dumps(str(station.key_stores))}\n"
    )
    settings.chmod(0o600)
    station.command.write_text(
        "#!/bin/sh\n"
        f"# The agent of {hospital.first_names} {hospital.surname}, with a virtual identity card.\n"
        f"export SOFTHSM2_CONF={shlex.quote(str(card / 'softhsm2.conf'))}\n"
        f"export EHPORTAL_AGENT_HOME={shlex.quote(str(home))}\n"
        f"export EHPORTAL_AGENT_COMMAND={shlex.quote(str(station.command))}\n"
        f'cd {shlex.quote(str(ROOT))} && exec {shlex.quote(sys.executable)} -m agent.cli "$@"\n'
    )
    station.command.chmod(0o700)
    return station


def _write_card(card: Path, hospital: DemoHospital, sandbox_state: Path, pin: str) -> None:
    card.parent.mkdir(parents=True, exist_ok=True)
    pin_file = card.parent / "pin"
    pin_file.touch(mode=0o600)
    pin_file.write_text(pin)
    command = [
        sys.executable,
        "-m",
        "deploy.sandbox",
        "card",
        "--state",
        str(sandbox_state),
        "--softhsm",
        str(card),
    ]
    command += ["--ssin", hospital.ssin, "--first-names", hospital.first_names, "--surname", hospital.surname]
    command += ["--algorithm", hospital.card, "--pin-file", str(pin_file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    pin_file.unlink()
    if done.returncode:
        raise RuntimeError(f"The virtual card could not be made: {done.stderr.strip()[-500:]}")
