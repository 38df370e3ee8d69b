"""Gunicorn's settings and hooks; `gunicorn.conf.py` in the top folder hands them over. The command line wins.

How many processes: WEB_CONCURRENCY. Where it listens: WEB_BIND, addresses separated by commas.
"""

import os
import shutil
import tempfile
from multiprocessing import cpu_count
from typing import Any

workers = int(os.environ.get("WEB_CONCURRENCY") or cpu_count() + 1)
worker_class = "gthread"
threads = 4
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000").split(",")
umask = 0o007
"""A socket is for this user and group: the proxy is in the group."""
timeout = 60
graceful_timeout = 30
keepalive = 75
"""Longer than the proxy keeps a connection, so that it is never the server who closes one that is just being used."""
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # a heartbeat; files on a disk would wait for it

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:  # these settings are read again at a reload
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="ehportal-metrics-")
_MASTER = os.getpid()


def on_starting(server: Any) -> None:
    """Refuse to listen on a socket where no proxy is known: nobody would have an address, nor could sign in."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.checks import Critical

    from ehportal.operation.start import refuse

    # An address of TCP is host and port, one of a socket its path.
    sockets = [address for address in server.cfg.address if isinstance(address, (str, bytes))]
    if sockets and not settings.BEHIND_PROXY:
        refuse(
            "web",
            [
                Critical(
                    f"This server listens on the socket {sockets[0]!s} and knows of no proxy before it.",
                    hint="Set BEHIND_PROXY=1.",
                    id="ehportal.E035",
                )
            ],
        )


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a process that ended was doing just now; what it counted stays."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Remove what the processes counted."""
    if os.getpid() == _MASTER:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
