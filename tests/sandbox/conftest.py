"""One sandbox for all tests of this folder; what one test changes, the next does not see."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.sandbox.authorities.citizens import Identity, Person, make_identity
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.state.source import DEFAULT
from deploy.sandbox.state.store import Store
from tests.support.sandbox import SandboxProcess

AN = Person("85073003328", "An Marie", "Peeters")
LUC = Person("93051822361", "Luc", "Dubois")
SOFIE = Person("00010100105", "Sofie", "Janssens")


@pytest.fixture(scope="session")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox") / "state") as process:
        yield process


@pytest.fixture
def sandbox(_process: SandboxProcess) -> SandboxProcess:
    """A sandbox with an empty register, no faults, immediate automatic issuance, and the built-in source."""
    with Store(_process.state).transaction() as db:
        for table in (
            "request",
            "contract",
            "fault",
            "received",
            "token",
            "foreigner",
            "session_seen",
            "session_challenge",
        ):
            db.execute(f"DELETE FROM {table}")  # noqa: S608  constants
        db.execute("UPDATE issued SET revoked_at = NULL")  # a test may have revoked the cards that all share
    _process.control_post("/control/clock", {"offset_seconds": 0})
    _process.control_post("/control/issuance", {"mode": "automatic", "delay_seconds": 0})
    _process.control_post("/control/source", _default_source(), method="PUT")
    return _process


@pytest.fixture(scope="session")
def cards(_process: SandboxProcess) -> dict[str, Identity]:
    """Cards in software: an, luc and sofie with RSA, an384 with P-384."""
    store = Store(_process.state)
    pki, now = Pki.load(_process.state, store), datetime.now(UTC)
    people = {"an": AN, "luc": LUC, "sofie": SOFIE}
    made = {name: make_identity(pki, store, person, now) for name, person in people.items()}
    made["an384"] = make_identity(pki, store, AN, now, algorithm="p384")
    return made


def _default_source() -> object:
    return json.loads(Path(DEFAULT).read_text(encoding="utf-8"))
