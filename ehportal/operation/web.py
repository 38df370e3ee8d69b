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

COUNTED, MASTER = "PROMETHEUS_MULTIPROC_DIR", "EHPORTAL_METRICS_OF"


def own_folder() -> str:
    """Return the folder in which this master's processes count, made at the first call and never another master's.

    A master that is started by one before it (USR2) inherits the names of that one's: it would lose its folder when
    the other ends. Nor is it made where old files are swept away, since files that are written through memory look
    old: in what systemd made for the service, or in memory. `PROMETHEUS_MULTIPROC_DIR` names a folder to make it in.
    """
    given, master = os.environ.get(COUNTED), os.environ.get(MASTER)
    if given and master == str(os.getpid()):
        return given  # these settings are read again at a reload
    if given:
        above: str | None = given if master is None else os.path.dirname(given)
    else:
        places = (os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0], "/dev/shm")  # noqa: S108  # as below
        above = next((place for place in places if place and os.access(place, os.W_OK)), None)
    made = tempfile.mkdtemp(prefix="ehportal-metrics-", dir=above)
    os.environ.update({COUNTED: made, MASTER: str(os.getpid())})
    return made


_FOLDER = own_folder()


def on_starting(server: Any) -> None:
    """Refuse to start where a check fails, once for all workers: of two that refuse at once, gunicorn loses the status.

    Nor is a socket listened on where no proxy is known: nobody would have an address, nor could sign in.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.checks import Critical

    from ehportal.operation.start import refuse, refuse_unless_safe

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
    if server.app.app_uri.partition(":")[0] == "ehportal.wsgi":  # which asks the same in each worker
        refuse_unless_safe("web")


def post_fork(server: Any, worker: Any) -> None:
    """Make the folder again where somebody has swept it away: a process that cannot count would answer nobody."""
    os.makedirs(_FOLDER, mode=0o700, exist_ok=True)


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a process that ended was doing just now; what it counted stays."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Remove what the processes counted."""
    if os.environ[MASTER] == str(os.getpid()):
        shutil.rmtree(_FOLDER, ignore_errors=True)
