"""A workstation for tests: its own home, a card in a SoftHSM2 token, and the real command in a terminal."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pexpect

from tests.support.cards import MODULE, PIN, SoftwareCard
from tests.support.effort import PATIENCE

ROOT = Path(__file__).parents[2]
PASSWORD = "wolk trompet kade 71"
ANOTHER_PIN = (
    "Shall the PIN be asked for again? [y/N] ",
    "Is it back in, and shall the PIN be asked for? [y/N] ",
)


@dataclass
class Workstation:
    """Home folder, key store folder, and the card that is inserted."""

    home: Path
    keystores: Path
    configuration: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, card: SoftwareCard, *, module: str = MODULE) -> "Workstation":
        home, keystores = folder / "home", folder / "keystores"
        home.mkdir(parents=True, mode=0o700)
        (home / "agent.toml").write_text(
            f'language = "en"\n[card]\nmodules = ["{module}"]\n[keystore]\nfolder = "{keystores}"\n'
        )
        (home / "agent.toml").chmod(0o600)
        workstation = cls(home, keystores, folder)
        workstation.insert(folder / "card", card)
        return workstation

    def insert(self, folder: Path, card: SoftwareCard) -> None:
        """Put another card into the reader."""
        conf = card.write_token(folder)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))},
            "EHPORTAL_AGENT_HOME": str(self.home),
            "SOFTHSM2_CONF": str(conf),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        self.environment.pop("DISPLAY", None)

    def spawn(
        self, *arguments: str, launcher: Sequence[str] = ("-m", "agent.cli"), rows: int = 400
    ) -> "pexpect.spawn[str]":
        """The command in a terminal, tall enough for no pager unless told otherwise."""
        return pexpect.spawn(
            sys.executable,
            [*launcher, *arguments],
            env=self.environment,
            cwd=str(self.configuration),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(rows, 120),
        )

    def up_to_pin(self, job_id: str, question: str, prompt: str) -> "pexpect.spawn[str]":
        """Run a job, say yes to `question`, and stop where `prompt` asks for the PIN."""
        terminal = self.spawn("run", job_id, "--ui", "terminal")
        terminal.expect_exact(question)
        terminal.sendline("y")
        terminal.expect_exact(prompt)
        return terminal

    def enrol(self, url: str) -> None:
        terminal = self.spawn("enrol", url, "--label", "test", "--ui", "terminal")
        terminal.expect_exact("with your eID? [y/N] ")
        terminal.sendline("y")
        terminal.expect_exact("to identify yourself: ")
        terminal.sendline(PIN)
        assert finish(terminal)[0] == 0

    def run(
        self, job_id: str, *, password: str = PASSWORD, launcher: Sequence[str] = ("-m", "agent.cli")
    ) -> tuple[int, str]:
        """Run a job and answer whatever is asked, as a willing person would; returns exit code and screen.

        A negative exit code is the signal that killed the command.
        """
        terminal = self.spawn("run", job_id, "--ui", "terminal", "--wait", "180", launcher=launcher)
        return answer_all(terminal, password)

    @property
    def stores(self) -> list[Path]:
        return sorted(self.keystores.glob("*p12"))

    @property
    def pending(self) -> list[Path]:
        folder = self.home / "pending"
        return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def answer_all(terminal: "pexpect.spawn[str]", password: str) -> tuple[int, str]:
    """Say yes, the password and the PIN until the command ends."""
    replies = {
        "Do you sign this with your eID? [y/N] ": "y",
        "New password: ": password,
        "The same password again: ": password,
        "Password of the key store for AZ Sint-Elisabeth Maasdal: ": password,
        "Password of the key store for CBE=0406798006,": password,
        "PIN of your eID, to sign: ": PIN,
        **dict.fromkeys(ANOTHER_PIN, "n"),
        "Make this workstation (test) known at ": "y",
        "may call it a legally binding signature. [y/N] ": "n",
    }
    prompts = list(replies)
    screen = ""
    while True:
        index = terminal.expect_exact([*prompts, pexpect.EOF])
        screen += str(terminal.before)
        if index == len(prompts):
            break
        screen += prompts[index]
        terminal.sendline(replies[prompts[index]])
    terminal.close()
    code = terminal.exitstatus if terminal.signalstatus is None else -terminal.signalstatus
    return int(code if code is not None else -1), screen


def finish(terminal: "pexpect.spawn[str]") -> tuple[int, str]:
    """Wait for the end, saying no to another PIN; returns exit code and what was left on the screen."""
    screen = ""
    while terminal.expect_exact([pexpect.EOF, *ANOTHER_PIN]):
        screen += f"{terminal.before}{terminal.after}"
        terminal.sendline("n")
    screen += str(terminal.before)
    terminal.close()
    code = terminal.exitstatus if terminal.signalstatus is None else -terminal.signalstatus
    return int(code if code is not None else -1), screen
