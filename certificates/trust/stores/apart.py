"""Opening a PKCS#12 file that somebody gave, in a process of its own.

The file itself says how often its key is derived, and the library does that without letting another thread run: a file
that asks for two thousand million rounds would hold every request of a web process. Here it holds a process that the
system ends after some seconds.
"""

import base64
import json
import resource
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from certificates.trust.stores.entries import Entry, StoreUnreadable

HOUSE = Path(__file__).resolve().parents[3]
SECONDS = 5
"""Of a processor, for opening one file: a hundred times what an honest one takes."""
PATIENCE = 30.0
"""Seconds in all, on a machine that is busy."""


def read_apart(content: bytes, password: str) -> list[Entry]:
    """Return the trusted certificates of a PKCS#12 file. Raises StoreUnreadable, also for one that takes too long."""
    given = json.dumps({"password": password, "content": base64.b64encode(content).decode()})
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "certificates.trust.stores.apart"],
            input=given.encode(),
            capture_output=True,
            check=True,
            cwd=HOUSE,
            timeout=PATIENCE,
        )
    except (subprocess.SubprocessError, OSError):
        raise StoreUnreadable("no trust store, or its password is another one") from None
    return [
        Entry(alias, base64.b64decode(der), datetime.fromisoformat(since))
        for alias, der, since in json.loads(ran.stdout)
    ]


def main() -> int:
    """Read a file and its password from the standard input; write its entries, or end with 1."""
    from certificates.trust.stores.building import read_pkcs12

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    given = json.load(sys.stdin)
    try:
        entries = read_pkcs12(base64.b64decode(given["content"]), given["password"])
    except StoreUnreadable:
        return 1
    json.dump(
        [[one.alias, base64.b64encode(one.der).decode(), one.since.isoformat()] for one in entries],
        sys.stdout,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
