"""A care provider's own certificate with the real agent: the person asks, signs and stores; nobody else sees it."""

import json
import re
from pathlib import Path

from deploy.stack.accounts import DemoHospital
from deploy.stack.cards import make_workstation
from deploy.stack.journey import Terminal, wait_for
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


def test_from_wish_to_key_store(world: World, admin_url: str, tmp_path: Path) -> None:
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

    sofie.get("/own/new/")
    sofie.post(
        "/own/new/",
        {
            "environment": "production",
            "email_private": "sofie@janssens.example",
            "phone_private": "+32 470 00 00 00",
        },
    )
    page = sofie.path
    assert re.fullmatch(r"/sign/[0-9a-f-]{36}/", page)
    job = wait_for(sofie, page, JOB)
    status, seen = terminal.run("run", job)
    assert status == 0, seen
    assert "SSIN=00••••••105" in seen
    assert "in your own name" in seen
    [path] = station.key_stores.glob("*.p12")
    assert re.fullmatch(r"SSIN=00010100105 \d{8}-\d{6}\.p12", path.name)
    key, leaf, _ = open_store(path)
    assert key.public_key() == leaf.public_key()
    assert f"SSIN={SOFIE.ssin}" in leaf.subject.rfc4514_string().replace("\\", "")

    certificate = wait_for(sofie, page, r'"(/certificates/[0-9a-f-]{36}/)"')
    assert "•" in sofie.get(certificate)
    assert els.session.get(world.stack.origin + certificate, timeout=30).status_code == 404
    assert certificate not in els.get("/certificates/?q=ssin")
    sofie.get("/own/")
    sofie.post(f"/own/{certificate.split('/')[2]}/share", {"agree": "yes"})
    assert "Sofie Janssens" in els.get(certificate)
    assert certificate in els.get("/certificates/?q=ssin")

    for place in (logs_of(world), rows_of(world, admin_url)):
        assert SOFIE.ssin not in place
        assert SOFIE.ssin.encode().hex() not in place
    assert PIN not in json.dumps(rows_of(world, admin_url))
