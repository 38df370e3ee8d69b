"""A care provider's own certificate with the real agent: the person asks, signs, renews; nobody else sees it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.stores.contents import authentication_entry, encryption_entries
from agent.stores.contents import open_store as open_keys
from deploy.stack.demo.accounts import DemoHospital
from deploy.stack.demo.cards import Workstation, make_workstation
from deploy.stack.demo.journey import Browser, Terminal, wait_for
from deploy.stack.demo.life import CERTIFICATE, Life
from tests.journeys.conftest import JOB, PASSWORD, PIN, World, logs_of, rows_of
from tests.journeys.test_first_certificate import open_store

SOFIE = DemoHospital(
    name="Dr. Sofie Janssens",
    language="nl",
    identifiers=(),
    ssin="00010100105",
    first_names="Sofie",
    surname="Janssens",
    card="p384",
    holder_email="bart.claes@maasdal.example",
    accounts=(),
)


WISH = {
    "environment": "production",
    "email_private": "sofie@janssens.example",
    "phone_private": "+32 470 00 00 00",
}


@dataclass(frozen=True)
class Practice:
    """Where the care provider works: her pages, her workstation, and the agent on it."""

    browser: Browser
    station: Workstation
    terminal: Terminal


def quietly(_text: str, work: Callable[[], Any]) -> Any:
    """A step of which nothing is shown."""
    return work()


@pytest.fixture
def practice(world: World, tmp_path: Path) -> Practice:
    """Link the account with a person, and enrol her workstation."""
    els, sofie = world.administrator, world.browser(SOFIE.holder_email)
    assert "/own/new/" not in sofie.get("/own/"), "nobody has linked the account with a person yet"
    form = els.get("/organisation/people/new/")
    account = re.search(r'<option value="([0-9a-f-]{36})">Bart Claes', form)
    assert account is not None
    els.post(
        "/organisation/people/new/",
        {
            "first_names": "Sofie",
            "name": "Janssens",
            "ssin": SOFIE.ssin,
            "language": "nl",
            "user": account[1],
        },
    )
    station = make_workstation(tmp_path / "desk", SOFIE, world.stack.folder / "sandbox", "en", pin=PIN)
    terminal = Terminal(station.command, pin=PIN, password=PASSWORD, environment=world.terminal().environment)
    status, seen = terminal.run("enrol", world.stack.origin)
    assert status == 0, seen
    return Practice(sofie, station, terminal)


def ask(sofie: Browser, address: str) -> str:
    """Fill in the form, and return the page on which it is signed."""
    sofie.get(address)
    sofie.post(address, WISH)
    assert re.fullmatch(r"/sign/[0-9a-f-]{36}/", sofie.path)
    return sofie.path


def test_from_wish_to_renewal(world: World, admin_url: str, practice: Practice) -> None:
    els, sofie, stores = world.administrator, practice.browser, practice.station.key_stores
    life = Life(sofie, sofie, practice.terminal, practice.station, world.stack.sandbox.control, quietly)
    page = ask(sofie, "/own/new/")
    seen = life.signed_three_years_ago(wait_for(sofie, page, JOB))
    assert "SSIN=00••••••105" in seen
    assert "in your own name" in seen
    [old] = stores.glob("*.p12")
    assert re.fullmatch(r"SSIN=00010100105 \d{8}-\d{6}\.p12", old.name)
    key, leaf, _ = open_store(old)
    assert key.public_key() == leaf.public_key()
    assert f"SSIN={SOFIE.ssin}" in leaf.subject.rfc4514_string().replace("\\", "")
    certificate = wait_for(sofie, page, CERTIFICATE)
    assert "•" in sofie.get(certificate)
    assert hidden_from(els, certificate)
    assert certificate not in els.get("/certificates/?q=ssin")

    # In the last 90 days: asked on the own page, signed with the own card; the old encryption key goes along.
    renew = f"/own/new/?renews={certificate.split('/')[2]}"
    assert renew in sofie.get("/own/")
    page = ask(sofie, renew)
    life.agent("run", wait_for(sofie, page, JOB))
    renewed = wait_for(sofie, page, CERTIFICATE)
    [new] = set(stores.glob("*.p12")) - {old}
    first, second = (open_keys(path.read_bytes(), PASSWORD) for path in (old, new))
    assert authentication_entry(first).key.public_key() != authentication_entry(second).key.public_key()
    carried = {entry.alias for entry in encryption_entries(first)}
    assert len(carried) == 1
    assert carried < {entry.alias for entry in encryption_entries(second)}
    assert renewed != certificate
    assert hidden_from(els, renewed)
    assert hidden_from(els, page)

    sofie.get("/own/")
    sofie.post(f"/own/{certificate.split('/')[2]}/share", {"agree": "yes"})
    assert "Sofie Janssens" in els.get(certificate)
    assert certificate in els.get("/certificates/?q=ssin")
    assert hidden_from(els, renewed), "agreed for the old one only"

    for place in (logs_of(world), rows_of(world, admin_url)):
        assert SOFIE.ssin not in place
        assert SOFIE.ssin.encode().hex() not in place
    assert PIN not in json.dumps(rows_of(world, admin_url))


def hidden_from(other: Browser, page: str) -> bool:
    """True when somebody else is told that there is no such page."""
    return bool(other.session.get(other.origin + page, timeout=180).status_code == 404)
