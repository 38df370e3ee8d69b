"""The whole of ehportal on one machine: PostgreSQL, Redis, the sandbox, web, worker and beat."""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from deploy.stack import postgres, redis
from deploy.stack.bootstrap import ROOT
from deploy.stack.ports import free_port
from deploy.stack.processes import Processes
from ehportal.operation import catalogues
from organisations.domain.work import Lane

T = TypeVar("T")
Report = Callable[[str], None]

PROCESSES = {Lane.ASKED: 2, Lane.SUBMISSIONS: 2}
"""How many processes a lane has, where it is not one."""


@dataclass
class Sandbox:
    """Addresses of a running sandbox and the folder of its public certificates."""

    production: str
    acceptance: str
    control: str
    pki: Path

    @classmethod
    def from_line(cls, line: bytes) -> "Sandbox":
        """Read the line that the sandbox prints when it is ready."""
        facts = json.loads(line)
        return cls(facts["production"], facts["acceptance"], facts["control"], Path(facts["pki"]))


@dataclass
class Stack:
    """Everything running, with its state in `folder`. Ports of 0 mean any free one."""

    folder: Path
    report: Report = print
    web_port: int = 0
    sandbox_ports: tuple[int, int, int] = (0, 0, 0)
    extra_environment: dict[str, str] = field(default_factory=dict)
    database: str = "ehportal"
    own_redis: bool = False
    """Start Redis even where REDIS_URL names one."""
    admin_url: str = ""
    """A PostgreSQL role that may create roles and databases; empty: DATABASE_URL, else the embedded server."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self.folder / "logs", {})
        self.origin = f"http://127.0.0.1:{self.web_port or free_port()}"

    @property
    def mail(self) -> Path:
        """Where mail lands: there is no mail server here."""
        return self.folder.resolve() / "mail"

    def start(self) -> None:
        """Start everything, in the order in which the parts lean on one another."""
        kept = self._secrets()
        self.step("PostgreSQL", lambda: self._postgres(kept))
        self.step("Redis", self._redis)
        self.step("the government's sandbox", self._sandbox)
        self._environment(kept)
        self.step("tables and texts", self._prepare)
        self.step("web, worker and beat", self._servers)

    def stop(self) -> None:
        """Stop everything that this stack started."""
        self.processes.stop()

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do one part of the start and report how long it took."""
        began = time.monotonic()
        outcome = work()
        self.report(f"  {name:<28} {time.monotonic() - began:5.1f} s")
        return outcome

    def _secrets(self) -> dict[str, str]:
        """Return this installation's secrets, made once and kept readable by the owner alone."""
        path = self.folder / "secrets.json"
        if not path.exists():
            from cryptography.fernet import Fernet

            made = postgres.new_passwords() | {
                "SECRET_KEY": secrets.token_urlsafe(48),
                "SSIN_KEYS": Fernet.generate_key().decode(),
                "SSIN_INDEX_KEY": secrets.token_urlsafe(32),
            }
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(made, file)
        kept: dict[str, str] = json.loads(path.read_text())
        return kept

    def _postgres(self, kept: dict[str, str]) -> None:
        admin = (
            self.admin_url
            or os.environ.get("DATABASE_URL")
            or postgres.start_embedded(self.folder / "postgres")
        )
        self.urls = postgres.prepare(admin, self.database, passwords=kept)

    def _redis(self) -> None:
        self.redis_url = "" if self.own_redis else os.environ.get("REDIS_URL", "")
        if not self.redis_url:
            process, self.redis_url = redis.start(self.folder / "redis")
            self.processes.adopt("redis", process)

    def start_sandbox_again(self) -> None:
        """Start a sandbox that has ended once more, where it was: what it issued and was sent is still known there."""
        was = self.sandbox
        self.sandbox_ports = (_port(was.production), _port(was.acceptance), _port(was.control))
        self._sandbox()

    def _sandbox(self) -> None:
        ports = [str(port) for port in self.sandbox_ports]
        command = [sys.executable, "-m", "deploy.sandbox", "serve", "--state", str(self.folder / "sandbox")]
        names = ("--production-port", "--acceptance-port", "--control-port")
        for name, port in zip(names, ports, strict=True):
            command += [name, port]
        process = self.processes.start("sandbox", command, pipe=True)
        assert process.stdout is not None  # noqa: S101  # it was asked for
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"The sandbox did not start; see {self.processes.logs / 'sandbox.log'}.")
        self.sandbox = Sandbox.from_line(line)

    def _environment(self, kept: dict[str, str]) -> None:
        pki = self.sandbox.pki
        self.processes.environment |= {
            "DJANGO_SETTINGS_MODULE": "ehportal.settings",
            "SECRET_KEY": kept["SECRET_KEY"],
            "SSIN_KEYS": kept["SSIN_KEYS"],
            "SSIN_INDEX_KEY": kept["SSIN_INDEX_KEY"],
            "ORIGIN": self.origin,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DATABASE_URL": self.urls.web,
            "REDIS_URL": self.redis_url,
            "MAIL_URL": self.mail.as_uri(),
            "MAIL_FROM": "ehportal <ehportal@localhost>",
            "STATIC_ROOT": str(self.folder / "static"),
            "SANDBOX": "1",
            "CERTRA_PRODUCTION_URL": self.sandbox.production,
            "CERTRA_ACCEPTANCE_URL": self.sandbox.acceptance,
            "CERTRA_PRODUCTION_ANCHORS": f"{pki / 'production' / 'root.pem'},{pki / 'production' / 'issuing.pem'}",
            "CERTRA_ACCEPTANCE_ANCHORS": f"{pki / 'acceptance' / 'root.pem'},{pki / 'acceptance' / 'issuing.pem'}",
            "STS_PRODUCTION_URL": f"{self.sandbox.production}/IAM/Saml11TokenService/v1",
            "STS_ACCEPTANCE_URL": f"{self.sandbox.acceptance}/IAM/Saml11TokenService/v1",
            "IAM_PRODUCTION_SIGNERS": f"{pki / 'production' / 'iam.pem'}",
            "IAM_ACCEPTANCE_SIGNERS": f"{pki / 'acceptance' / 'iam.pem'}",
            "TSL_PRODUCTION_URL": self.sandbox.production,
            "TSL_ACCEPTANCE_URL": self.sandbox.acceptance,
            "TSL_PRODUCTION_OPERATORS": f"{pki / 'production' / 'tslo.pem'}",
            "TSL_ACCEPTANCE_OPERATORS": f"{pki / 'acceptance' / 'tslo.pem'}",
            "EID_ANCHORS": f"{pki / 'citizen' / 'root.pem'},{pki / 'citizen' / 'ca.pem'}",
        } | self.extra_environment

    def manage(self, *arguments: str) -> None:
        """Run manage.py as the web role. Raises CalledProcessError with its output."""
        self.run([sys.executable, "manage.py", *arguments], os.environ | self.processes.environment)

    @staticmethod
    def run(command: list[str], environment: dict[str, str]) -> None:
        """Run `command` in the project; its output is shown only when it fails."""
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stdout + done.stderr)
            done.check_returncode()

    def _prepare(self) -> None:
        """Run `manage.py prepare`, as an operator does; only where something changed since the last time."""
        prepared, version = self.folder / "prepared", self._version()
        if prepared.exists() and prepared.read_text() == version and not catalogues.stale_catalogues():
            return
        owner = {"DATABASE_OWNER_URL": self.urls.owner}
        command = [sys.executable, "manage.py", "prepare", "--verbosity", "0"]
        self.run(command, os.environ | self.processes.environment | owner)
        prepared.write_text(version)

    def _version(self) -> str:
        """Return what tables and static files were made from: nothing to do while it stays the same."""
        sources = sorted(
            path
            for pattern in ("*/migrations/*.py", "*/static/**/*", "requirements/demo.txt")
            for path in ROOT.glob(pattern)
            if path.is_file()
        )
        seen = "".join(f"{path.relative_to(ROOT)} {path.stat().st_mtime_ns}\n" for path in sources)
        return hashlib.sha256(f"{self.urls.owner}\n{seen}".encode()).hexdigest()

    def _servers(self) -> None:
        python = sys.executable
        bind = self.origin.removeprefix("http://")
        self.processes.start(
            "web",
            [python, "-m", "gunicorn", "ehportal.wsgi", "--bind", bind, "--workers", "2", "--threads", "4",
             "--worker-tmp-dir", str(self.folder), "--no-control-socket"],
        )  # fmt: skip
        self.start_workers()
        self.start_beat()
        self.wait_for_web()

    def start_workers(self) -> None:
        """Start a Celery worker for each lane: what hangs in one holds up no other."""
        for lane in Lane:
            self.start_worker(lane)

    def start_worker(self, lane: Lane) -> None:
        """Start the worker of one lane."""
        self.processes.start(
            f"worker-{lane}",
            [sys.executable, "-m", "celery", "-A", "ehportal", "worker", "--queues", lane, "--concurrency",
             str(PROCESSES.get(lane, 1)), "--hostname", f"{lane}@%h", "--without-gossip", "--without-mingle"],
        )  # fmt: skip

    def start_beat(self) -> None:
        """Start the beat, which wakes every lane."""
        self.processes.start(
            "beat", [sys.executable, "-m", "celery", "-A", "ehportal", "beat", "--pidfile", ""]
        )

    def wait_for_web(self, seconds: float = 180) -> None:
        """Return when the web server answers. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.origin}/agent/v1/hello", timeout=5).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise TimeoutError(f"The web server did not answer; see {self.processes.logs / 'web.log'}.")


def _port(address: str) -> int:
    return urlsplit(address).port or 0
