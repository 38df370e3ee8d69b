"""The journey from wish to key store, as people make it: pages over HTTP, the real agent in a terminal.

Played by `deploy/demo --once` and by the journey tests.
"""

import re
import time
from base64 import b32decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from deploy.stack.demo.accounts import PASSWORD, PIN, Account

KEY_STORE_PASSWORD = "veilig bewaren 71 kastanje"  # noqa: S105  # of the demo's key store
FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class JourneyFailed(Exception):
    """A step did not end as it should; the text says where and shows what was seen."""


def totp_code(secret: str, at: float | None = None) -> str:
    """Return the six digits of a base32 secret (RFC 6238, SHA-1, 30 s)."""
    key = b32decode(secret)
    return TOTP(key, 6, hashes.SHA1(), 30).generate(at or time.time()).decode()  # noqa: S303  # RFC 6238's hash


@dataclass
class Browser:
    """A signed-in person without JavaScript: pages and forms over HTTP."""

    origin: str
    session: requests.Session = field(default_factory=requests.Session)
    last: str = ""

    def get(self, path: str) -> str:
        """Open a page. Raises JourneyFailed unless it is there."""
        return self._keep(self.session.get(self.origin + path, timeout=30), path)

    def post(self, path: str, fields: dict[str, Any]) -> str:
        """Send the form of the page that was opened last."""
        found = FORM_TOKEN.search(self.last)
        if found is None:
            raise JourneyFailed(f"no form on the page before {path}")
        data = fields | {"csrfmiddlewaretoken": found[1]}
        headers = {"Referer": self.origin + path}
        return self._keep(self.session.post(self.origin + path, data=data, headers=headers, timeout=30), path)

    def _keep(self, response: requests.Response, path: str) -> str:
        if not response.ok:
            raise JourneyFailed(f"{path} answered {response.status_code}")
        self.last = response.text
        self.path = response.url.removeprefix(self.origin)
        return self.last

    def sign_in(self, account: Account) -> None:
        """Sign in with password and TOTP. A code serves once, so a second sign-in may wait for the next one."""
        self.get("/accounts/login/")
        self.post("/accounts/login/", {"login": account.email, "password": PASSWORD})
        self.give_code("/accounts/2fa/authenticate/", account.totp_secret)

    def give_code(self, path: str, secret: str) -> None:
        """Give the code of this moment; the next one where it was over, or used, when it was read."""
        for _attempt in range(3):
            self.post(path, {"code": totp_code(secret)})
            if self.path != path:
                return
            time.sleep(30 - time.time() % 30 + 0.5)
        raise JourneyFailed(f"no code was taken; the last page was {self.path}")

    def ask_certificate(self, application_id: str, environment: str = "production") -> str:
        """Fill in the form for a new certificate; returns the path of the request's page."""
        page = self.get("/requests/new/")
        identifier = _option(page, "identifier_id")
        holder = _option(page, "holder_id")
        self.post(
            "/requests/new/",
            {
                "environment": environment,
                "identifier_id": identifier,
                "application_id": application_id,
                "holder_id": holder,
                "email_private": "els.wouters@maasdal.example",
                "phone_private": "+32 89 00 00 00",
                "base_service_usages": ["tsa"],
                "reason": "Nieuwe server van de apotheek",
            },
        )
        if not re.fullmatch(r"/requests/[0-9a-f-]{36}/", self.path):
            raise JourneyFailed(f"the request was not taken; the form says: {_words(self.last)[:600]}")
        return self.path

    def ask_revocation(self, certificate: str, reason: str, comment: str = "") -> str:
        """Ask for the end of the certificate with this page; returns the path of the revocation's page."""
        address = f"{certificate}revoke/"
        holder = _option(self.get(address), "holder_id")
        self.post(address, {"reason": reason, "comment": comment, "holder_id": holder})
        if not re.fullmatch(r"/revocations/[0-9a-f-]{36}/", self.path):
            raise JourneyFailed(f"the revocation was not taken; the form says: {_words(self.last)[:600]}")
        return self.path


def _option(page: str, name: str) -> str:
    """Return the first real choice of a select or radio field."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    values = re.findall(r'value="([0-9a-f-]{36})"', select[0] if select else "")
    values = values or re.findall(rf'name="{name}"[^>]*value="([0-9a-f-]{{36}})"', page)
    if not values:
        raise JourneyFailed(f"the form offers nothing for {name}")
    return str(values[0])


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@dataclass
class Terminal:
    """The agent in a terminal, with somebody at the keyboard who answers its questions."""

    command: Path
    language: str = "en"
    pin: str = PIN
    password: str = KEY_STORE_PASSWORD
    environment: dict[str, str] | None = None

    def run(
        self,
        *arguments: str,
        answers: "dict[str, str | Callable[[], str]] | None" = None,
        timeout: float = 120,
    ) -> tuple[int, str]:
        """Run the agent until it ends; returns its exit code and everything that it showed.

        `answers` maps prompts (regular expressions) to what is typed, or to what is done before it is known; they
        are tried before the usual ones.
        """
        usual: dict[str, str | Callable[[], str]] = {
            r"read on · q: stop ": "",
            r"sign this with your eID\? \[y/N\] ": "y",
            r"known at .{5,200} with your eID\? \[y/N\] ": "y",
            r"Enter: as it stands, 0: none\): ": "1",
            r"New password: ": self.password,
            r"The same password again: ": self.password,
            r"Password of the key store for .{1,200}: ": self.password,
            r"PIN of your eID, to (?:sign|identify yourself): ": self.pin,
            r"\[y/N\] ": "n",
        }
        prompts = (answers or {}) | {
            prompt: text for prompt, text in usual.items() if prompt not in (answers or {})
        }
        child = pexpect.spawn(
            str(self.command),
            ["--language", self.language, "--ui", "terminal", *arguments],
            env=self.environment,
            encoding="utf-8",
            timeout=timeout,
            dimensions=(200, 120),
        )
        seen = ""
        patterns = [*prompts, pexpect.EOF, pexpect.TIMEOUT]
        while True:
            found = child.expect(patterns)
            seen += (child.before or "") if isinstance(child.before, str) else ""
            if found == len(prompts):
                break
            if found > len(prompts):
                child.close(force=True)
                raise JourneyFailed(f"the agent waits for something unexpected; it showed:\n{seen[-2000:]}")
            seen += str(child.after)
            answer = list(prompts.values())[found]
            child.sendline(answer() if callable(answer) else answer)
        child.close()
        return (child.exitstatus if child.exitstatus is not None else -(child.signalstatus or 0)), seen


def wait_for(browser: Browser, path: str, pattern: str, *, seconds: float = 180) -> str:
    """Open `path` until `pattern` stands on it; returns its first group. Raises JourneyFailed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = re.search(pattern, browser.get(path))
        if found:
            return found[1] if found.groups() else found[0]
        time.sleep(0.3)
    raise JourneyFailed(f"{path} never showed {pattern}; it says: {_words(browser.last)[:800]}")
