"""Whether the smart card service runs: without it every middleware answers as if there were no reader."""

import os
import socket
import sys
from pathlib import Path
from typing import Final

from agent.errors import CardError

SOCKETS: Final = (Path("/run/pcscd/pcscd.comm"), Path("/var/run/pcscd/pcscd.comm"))
SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"
"""libpcsclite's own way to name another socket."""
_SECONDS: Final = 10.0


def no_reader() -> CardError:
    """Why there is no reader: `pcsc_down` or `no_reader`."""
    return CardError("no_reader" if _service_answers() else "pcsc_down")


def _service_answers() -> bool:
    """True where pcscd takes a connection, and on systems where that cannot be told.

    A crashed one leaves its socket file behind, so that the file proves nothing; connecting also starts it where the
    system starts it on demand.
    """
    if not sys.platform.startswith("linux"):
        return True
    named = os.environ.get(SOCKET_VARIABLE)
    return any(_connects(path) for path in ((Path(named),) if named else SOCKETS))


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
