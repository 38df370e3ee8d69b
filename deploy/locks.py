"""Write the hash-locked requirements anew: `python -m deploy.locks`. It needs `pip install pip-tools`.

What stands in `pyproject.toml` and `agent/pyproject.toml` is what is wished; a lock says exactly which files that is.
A locked version stays as long as it fits; to take a newer one, name it: `python -m deploy.locks Django==5.2.9`.
"""

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"


@dataclass(frozen=True)
class Lock:
    """A file of requirements: what it is for, and from which lists of which projects it is made."""

    name: str
    server: bool
    agent: bool
    extras: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}.txt"

    def wished(self) -> list[str]:
        """Return what it is made from, as pyproject.toml says it."""
        told: list[str] = []
        if self.server:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
            told += project["dependencies"]
            for extra in self.extras:
                told += project["optional-dependencies"][extra]
        if self.agent:
            told += tomllib.loads((ROOT / "agent" / "pyproject.toml").read_text("utf-8"))["project"][
                "dependencies"
            ]
        return told


SERVER = Lock("server", server=True, agent=False)
"""Web, workers and beat in production: nothing of demo, tests or agent."""
AGENT = Lock("agent", server=False, agent=True)
"""A workstation."""
DEMO = Lock("demo", server=True, agent=True, extras=("demo",))
TEST = Lock("test", server=True, agent=True, extras=("demo", "test"))
LOCKS = (TEST, DEMO, SERVER, AGENT)
"""The widest first: the others take their versions from it."""


def pinned(lock: Path) -> dict[str, str]:
    """Return the version of each distribution in a lock, by its normalised name."""
    told = (line.split()[0].partition("==") for line in lock.read_text("utf-8").splitlines() if "==" in line)
    return {
        name.lower().replace("_", "-").partition("[")[0]: version.rstrip(";") for name, _, version in told
    }


def write(lock: Lock, newer: Sequence[str], folder: Path) -> None:
    """Resolve one lock, with the versions that are locked already. Raises CalledProcessError."""
    source, kept = folder / f"{lock.name}.in", folder / f"{lock.name}.kept"
    source.write_text("\n".join(lock.wished()) + "\n")
    given = {one.partition("==")[0].lower() for one in newer}
    old = pinned(TEST.file) if TEST.file.exists() else {}
    kept.write_text("\n".join([*(f"{n}=={v}" for n, v in old.items() if n not in given), *newer]) + "\n")
    command = ["pip-compile", "--quiet", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--no-header",
               "--no-annotate", "--no-emit-index-url", "--no-emit-options", "--no-emit-trusted-host",
               "--constraint", str(kept), "--output-file", str(lock.file), str(source)]  # fmt: skip
    subprocess.run(command, check=True)


def main() -> None:
    """Write all locks."""
    with tempfile.TemporaryDirectory() as folder:
        for lock in LOCKS:
            write(lock, sys.argv[1:] if lock is TEST else (), Path(folder))
            print(lock.file.relative_to(ROOT))


if __name__ == "__main__":
    main()
