"""The life of a certificate after its first day, as people live it: renewal, switch, revocation.

Played by `deploy/demo --once` and by the journey tests. Three years pass in the sandbox, whose clock can be moved; the
product's own clock is the real one.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests

from deploy.stack.demo.cards import Workstation
from deploy.stack.demo.journey import Browser, JourneyFailed, Terminal, wait_for

T = TypeVar("T")
Step = Callable[[str, Callable[[], Any]], Any]
JOB = r"ehportal://run/([A-Za-z0-9_-]{22})"
CERTIFICATE = r'"(/certificates/[0-9a-f-]{36}/)"'
DAYS_LEFT = 89
"""One day inside the period in which a certificate can be renewed."""


@dataclass
class Life:
    """Who takes part: administrator and holder at their pages, the holder's workstation, the sandbox's controls."""

    administrator: Browser
    holder: Browser
    terminal: Terminal
    station: Workstation
    control: str
    step: Step

    def agent(self, *arguments: str, answers: dict[str, str | Callable[[], str]] | None = None) -> str:
        """Run the agent. Raises JourneyFailed unless it ends well."""
        status, seen = self.terminal.run(*arguments, answers=answers)
        if status:
            raise JourneyFailed(f"the agent ended with {status}; it showed:\n{seen[-2000:]}")
        return seen

    def signed_three_years_ago(self, job: str) -> str:
        """Sign now, have it issued as of a day that leaves DAYS_LEFT of it; return what the agent showed."""
        self._post("/control/issuance", {"mode": "manual"})
        outcome: list[tuple[int, str]] = []
        signing = threading.Thread(target=lambda: outcome.append(self.terminal.run("run", job)))
        signing.start()
        try:
            line = self._pending(signing)
            back = (datetime.now(UTC) - self._three_years_before_the_end()).total_seconds()
            self._post("/control/clock", {"offset_seconds": -round(back)})
            self._post(f"/control/requests/{line['environment']}/{line['pki']}/deliver", {})
        finally:
            self._post("/control/clock", {"offset_seconds": 0})
            self._post("/control/issuance", {"mode": "automatic"})
            signing.join()
        status, seen = outcome[0]
        if status:
            raise JourneyFailed(f"the agent ended with {status}; it showed:\n{seen[-2000:]}")
        return seen

    @staticmethod
    def _three_years_before_the_end() -> datetime:
        """The moment at which a certificate was issued that ends in DAYS_LEFT days: 36 months and a day before."""
        end = datetime.now(UTC) + timedelta(days=DAYS_LEFT)
        begin = end - timedelta(days=1)
        leap = (begin.month, begin.day) == (2, 29)
        return begin.replace(year=begin.year - 3, day=28 if leap else begin.day) + timedelta(hours=1)

    def _pending(self, signing: threading.Thread) -> dict[str, Any]:
        """Wait until the signed request stands in the sandbox's register."""
        while signing.is_alive():
            lines = requests.get(f"{self.control}/control/requests", timeout=30).json()
            waiting: list[dict[str, Any]] = [line for line in lines if line["state"] == "pending"]
            if waiting:
                return waiting[-1]
            signing.join(0.2)
        raise JourneyFailed("the agent ended before the request arrived")

    def _post(self, path: str, value: object) -> None:
        requests.post(self.control + path, json=value, timeout=30).raise_for_status()

    def renew(self, old: str) -> tuple[str, Path]:
        """One click for the administrator, one signature for the holder; returns the new page and key store."""
        before = set(self.station.key_stores.glob("*p12"))

        def ask() -> str:
            self.administrator.get(old)
            self.administrator.post(f"{old}renew/", {"known": "1"})
            return self.administrator.path

        page = self.step("the administrator renews it with one click", ask)
        job = self.step(
            "the holder's page offers the renewal",
            lambda: wait_for(self.holder, page.replace("/requests/", "/sign/"), JOB),
        )
        self.step(
            "one signature: new keys, the old encryption keys go along, new token waits",
            lambda: self.agent("run", job),
        )
        new = self.step(
            "the new certificate stands beside the old one",
            lambda: wait_for(self.administrator, page, CERTIFICATE),
        )
        [store] = set(self.station.key_stores.glob("*p12")) - before
        return new, store

    def switch(self, old: str, new: str, old_store: Path) -> None:
        """Roll the new key store out, activate its token, and confirm that the old one is out of use."""
        self.step("the workstation reports where both key stores are", lambda: self._report(old, left=True))
        old_store.rename(self.station.folder / f"{old_store.name}.taken out of use")
        self.step(
            "the old one is taken out of use; the workstation reports again",
            lambda: self._report(old, left=False),
        )
        job = self.step(
            "the holder says that the new key store is in use everywhere", lambda: self._activate(new)
        )
        self.step(
            "the workstation activates the token and proves that it opens messages",
            lambda: self.agent("run", job, answers={r"installed everywhere\?.{0,200}\[y/N\] ": "y"}),
        )
        self.step("the administrator confirms the switch", lambda: self._confirm(old))

    def _report(self, old: str, *, left: bool) -> None:
        """Have the workstation look; the old certificate's page must say whether one of its stores is left."""
        self.agent("scan", "--open", "--report", "--yes", answers={r"too\? \[y/N\] ": "y"})
        page = self.administrator.get(old)
        if bool(re.search(r"/installations/[0-9a-f-]{36}/accept", page)) is not left:
            raise JourneyFailed("the page of the old certificate does not show what the workstation reported")

    def _activate(self, new: str) -> str:
        self.holder.get(new)
        self.holder.post(f"{new}token/activate", {})
        return wait_for(self.holder, new, JOB)

    def _confirm(self, old: str) -> None:
        self.administrator.get(old)
        page = self.administrator.post(f"{old}switch", {})
        if 'name="reason"' in page or 'class="state pill good"' not in page:
            raise JourneyFailed("the switch was not confirmed")

    def revoke(self, old: str) -> None:
        """The old certificate is of no more use: one signature ends it, and the authority's register confirms it."""
        page = self.step(
            "the administrator asks for the end of the old certificate",
            lambda: self.administrator.ask_revocation(old, "superseded", "Vervangen"),
        )
        job = self.step(
            "the holder's page offers its end", lambda: wait_for(self.holder, f"{page}sign/", JOB)
        )
        self.step("one signature: revoked, and OCSP says so to everybody", lambda: self.agent("run", job))
        self.step(
            "the inventory shows it as revoked",
            lambda: wait_for(self.administrator, old, 'class="state pill bad"'),
        )
