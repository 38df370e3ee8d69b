"""A middleware with its own PIN dialog, for tests: pin_dialog.c compiled, and the person in front of it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.cards import MODULE, PIN

SOURCE = Path(__file__).with_suffix(".c")


def compile_module(folder: Path) -> Path:
    """Compile the module into `folder`; returns its path. Raises RuntimeError with what the compiler said."""
    module = folder / "pin_dialog.so"
    compiler = shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("gcc is missing; deploy/test installs it")
    command = [
        compiler,
        "-std=gnu11",
        "-Wall",
        "-Wextra",
        "-Wno-cast-function-type",
        "-shared",
        "-fPIC",
        "-O1",
    ]
    command += [f'-DREAL_MODULE="{MODULE}"', f'-DTOKEN_PIN="{PIN}"', "-o", str(module), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise RuntimeError(done.stderr)
    module.chmod(0o700)
    return module


@dataclass(frozen=True)
class Person:
    """The holder of the card, who answers the module's dialogs; see pin_dialog.c for the files."""

    folder: Path

    def will_answer(self, *answers: str) -> None:
        """Lay the answers of the next dialogs ready: ok, cancel, wrong, locked, pull, hang, or a code such as 0x30."""
        (self.folder / "script").write_text("".join(f"{answer}\n" for answer in answers))

    def asked(self) -> list[str]:
        """What dialogs were shown since the last time, and forget them."""
        file = self.folder / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    @property
    def asked_so_far(self) -> list[str]:
        """What dialogs were shown since `asked` was looked at; nothing is forgotten."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def handed(self) -> bool:
        """True when a program handed the module a PIN."""
        return (self.folder / "handed").exists()

    @property
    def card_open(self) -> bool:
        """True while every process may use the Authentication key."""
        return (self.folder / "open").exists()

    def sets(self, name: str, text: str = "") -> None:
        """Make one of the files that change what the module does, as pin_dialog.c lists them."""
        (self.folder / name).write_text(text)

    def unsets(self, *names: str) -> None:
        """Take those files away again."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def calls(self) -> list[str]:
        """What the module was asked to do since the last time, and forget it."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def hanging(self) -> list[int]:
        """The processes that wait for an answer at a dialog that nobody sees: the worker and the dialog's own."""
        file = self.folder / "hanging"
        return [int(one) for one in file.read_text().split()] if file.exists() else []

    def break_card(self, broken: bool) -> None:
        """Let every signature fail from now on, or not any more."""
        if broken:
            (self.folder / "broken").write_text("")
        else:
            (self.folder / "broken").unlink(missing_ok=True)

    def has_a_bad_reader(self, bad: bool) -> None:
        """Let every signature be altered on its way from now on, or not any more."""
        if bad:
            (self.folder / "spoiled").write_text("")
        else:
            (self.folder / "spoiled").unlink(missing_ok=True)

    def has_middleware(self, version: str) -> None:
        """Let the module say that it is the government's, in this version such as 4.4."""
        (self.folder / "version").write_text(version.replace(".", " "))

    def elsewhere(self, module: Path, *, login: str = "", sign: bool = True) -> str:
        """What another process gets that signs with Authentication: "signed", or the name of the error.

        `login` is "dialog" or a PIN; it never logs out.
        """
        arguments = [str(module), login, "sign" if sign else ""]
        command = [sys.executable, "-c", _ELSEWHERE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        return done.stdout.strip()


_ELSEWHERE = """
import sys, PyKCS11
module, login, sign = sys.argv[1:]
library = PyKCS11.PyKCS11Lib()
library.load(module)
(slot,) = [s for s in library.getSlotList(tokenPresent=True) if library.getTokenInfo(s).label.strip() == "BELPIC"]
session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION)
try:
    if login:
        session.login(None if login == "dialog" else login)
    if sign:
        wanted = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, "Authentication")]
        (key,) = session.findObjects(wanted)
        session.sign(key, b"x", PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None))
    print("signed" if sign else "logged in")
except PyKCS11.PyKCS11Error as error:
    print(PyKCS11.CKR[error.value])
"""
