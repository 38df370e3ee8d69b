"""Lists of the sandbox for each test anew, and the rows that watch them."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from certificates.models import WatchedList
from certificates.services.trusted.fetch import fetch_list
from certificates.services.trusted.watch import plan_lists
from tests.support.sandbox import SandboxProcess

KINDS = ("transport", "person", "application")


class Lists:
    """One environment's lists: changed and spoiled over the control address, fetched as a worker does."""

    def __init__(self, sandbox: SandboxProcess, environment: str = "production") -> None:
        self.sandbox, self.environment = sandbox, environment

    def change(self, kind: str, deed: str, name: str = "", **more: object) -> None:
        body = {"deed": deed, "name": name, **more}
        self.sandbox.control_post(f"/control/lists/{self.environment}/{kind}", body)

    def spoil(self, kind: str, fault: str | None) -> None:
        self.sandbox.control_post(f"/control/lists/{self.environment}/{kind}/fault", {"kind": fault})

    def names(self, kind: str) -> list[str]:
        state = self.sandbox.control_get(f"/control/lists/{self.environment}/{kind}")
        return [one["name"] for one in state["services"]]

    def row(self, kind: str) -> WatchedList:
        return WatchedList.objects.select_related("current").get(environment=self.environment, kind=kind)

    def fetch(self, *kinds: str, now: datetime | None = None) -> WatchedList:
        for kind in kinds or KINDS:
            fetch_list(uuid4(), self.row(kind).pk, now=now or datetime.now(UTC))
        return self.row(kinds[0] if kinds else "transport")


@pytest.fixture
def lists(db: None, government: SandboxProcess) -> Lists:
    """Production's lists as on the first day; none was fetched so far."""
    for environment in ("production", "acceptance"):
        government.control_post(f"/control/lists/{environment}/again")
    plan_lists(datetime.now(UTC))
    return Lists(government)
