"""From a bare machine to a virtual environment: standard library only, because nothing else is there yet.

The environment is made from hash-locked requirements and remade when they change. What the system lacks is installed
with apt-get where we are root, and named where we are not.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SOFTHSM_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
BCPROV = Path("/usr/share/java/bcprov.jar")


@dataclass(frozen=True)
class SystemPart:
    """Something of the system: the Debian package, what it is for, and whether it is here."""

    package: str
    purpose: str
    present: bool


def softhsm_module() -> str | None:
    """Return the path of SoftHSM's PKCS#11 module, None when it is not installed."""
    return next((path for path in SOFTHSM_MODULES if Path(path).exists()), None)


def demo_parts() -> list[SystemPart]:
    """What the demo needs of the system."""
    venv = importlib.util.find_spec("ensurepip") is not None
    return [
        SystemPart("python3-venv", "makes the virtual environment", venv),
        SystemPart("softhsm2", "holds the virtual identity cards", softhsm_module() is not None),
    ]


def test_parts() -> list[SystemPart]:
    """What the tests need besides."""
    return [
        *demo_parts(),
        SystemPart("chromium", "shows the pages", shutil.which("chromium") is not None),
        SystemPart("xvfb", "is the screen of the agent's window", shutil.which("Xvfb") is not None),
        SystemPart("xdotool", "presses the keys of the agent's window", shutil.which("xdotool") is not None),
        SystemPart("imagemagick", "takes a picture of that screen", shutil.which("import") is not None),
        SystemPart("openssl", "checks from outside what we made", shutil.which("openssl") is not None),
        SystemPart("python3-tk", "draws the agent's window", importlib.util.find_spec("tkinter") is not None),
        SystemPart("gcc", "compiles a card's middleware with a PIN dialog", shutil.which("gcc") is not None),
        SystemPart("libc6-dev", "is what gcc needs for that", Path("/usr/include/stdio.h").exists()),
        SystemPart(
            "openjdk-17-jre-headless",
            "opens our key stores with keytool",
            shutil.which("keytool") is not None,
        ),
        SystemPart("nginx", "stands before the server, as in production", Path("/usr/sbin/nginx").exists()),
        SystemPart("curl", "asks the server past it", shutil.which("curl") is not None),
        SystemPart("systemd", "judges the units", shutil.which("systemd-analyze") is not None),
        SystemPart("libbcprov-java", "writes key stores as the official application does", BCPROV.exists()),
    ]


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, flush=True)


def install_system_parts(parts: list[SystemPart]) -> None:
    """Install what is missing with apt-get; exit with status 2 and say what to do where that is not possible."""
    missing = [part for part in parts if not part.present]
    if not missing:
        return
    names = [part.package for part in missing]
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        say("This machine lacks:")
        for part in missing:
            say(f"  {part.package}: {part.purpose}")
        say(f"Install it and start again:  sudo apt-get install {' '.join(names)}")
        raise SystemExit(2)
    say(f"Installing {', '.join(names)} …")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "-q", "update"], [apt, "-q", "install", "-y", "--no-install-recommends", *names]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            say(done.stdout[-2000:] + done.stderr[-2000:])
            say(f"{' '.join(command)} failed; install {' '.join(names)} by hand and start again.")
            raise SystemExit(2)


def ensure_environment(requirements: Path) -> None:
    """Make or renew the virtual environment from hash-locked `requirements`."""
    lock = hashlib.sha256(requirements.read_bytes()).hexdigest()
    marker = VENV / f"{requirements.stem}.lock"
    if PYTHON.exists() and marker.exists() and marker.read_text() == lock:
        return
    began = time.monotonic()
    say("Making the virtual environment (once; a minute or two) …")
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "-r", str(requirements)], check=True)
    marker.write_text(lock)
    say(f"  ready in {time.monotonic() - began:.0f} s")


def enter(module: str, requirements: str, parts: list[SystemPart], arguments: list[str]) -> None:
    """Prepare the machine, then replace this process by `module` in the virtual environment."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this file runs under whatever python3 is
        say("ehportal needs Python 3.11 or newer.")
        raise SystemExit(2)
    install_system_parts(parts)
    ensure_environment(ROOT / "requirements" / requirements)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(str(PYTHON), [str(PYTHON), "-m", module, *arguments])  # noqa: S606  # our own interpreter
