"""Renewal, tokens and switch with every real part, checked from outside: nothing sealed to the old token is lost."""

import base64
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from agent.pkcs12 import Contents
from agent.sealing import Sender, keys_by_serial, open_sealed, seal
from agent.stores.contents import authentication_entry, encryption_entries, open_store
from deploy.stack.demo.journey import wait_for
from deploy.stack.demo.life import CERTIFICATE, Life
from tests.journeys.conftest import PASSWORD, World
from tests.journeys.test_first_certificate import OFFICIAL, assert_secrets_stayed
from tests.support.effort import until

CASES = (
    ("dubois", "luc.dubois@tilleuls.example", "LIFE-P384", "production"),
    ("peeters", "els.wouters@maasdal.example", "LIFE-ACPT", "acceptance"),
)


def quietly(_text: str, work: Callable[[], Any]) -> Any:
    """A step of which nothing is shown."""
    return work()


def contents_of(store: Path) -> Contents:
    return open_store(store.read_bytes(), PASSWORD)


def keys_in(store: Path) -> int:
    """How many private keys OpenSSL finds in a store."""
    shown = subprocess.run(
        ["openssl", "pkcs12", "-in", str(store), "-nodes", "-nocerts", "-passin", f"pass:{PASSWORD}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout.count("BEGIN PRIVATE KEY")


@pytest.mark.parametrize(("surname", "email", "application_id", "environment"), CASES)
def test_a_certificate_lives_on_in_its_successor(
    world: World, admin_url: str, surname: str, email: str, application_id: str, environment: str
) -> None:
    steps: list[str] = []

    def step(text: str, work: Callable[[], Any]) -> Any:
        steps.append(text)
        return work()

    administrator = world.browser(email)
    holder = world.holder if surname == "peeters" else administrator
    station = world.stations[surname]
    life = Life(administrator, holder, world.terminal(surname), station, world.stack.sandbox.control, step)
    kind = "*.acc-p12" if environment == "acceptance" else "*.p12"
    before = set(station.key_stores.glob(kind))
    page = administrator.ask_certificate(application_id, environment)
    life.signed_three_years_ago(world.job_of(page, holder))
    old_page = wait_for(administrator, page, CERTIFICATE)
    [old] = set(station.key_stores.glob(kind)) - before
    first = contents_of(old)
    assert keys_in(old) == 2
    left = authentication_entry(first).certificate.not_valid_after_utc - datetime.now(UTC)
    assert 87 <= left.days <= 90

    # Somebody seals a message to the old token, and it is read only after the switch.
    [token] = encryption_entries(first)
    own = authentication_entry(first)
    assert token.certificate is not None
    sealed = seal(
        b"oude brief", [token.certificate], Sender(own.key, (own.certificate,)), now=datetime.now(UTC)
    )

    new_page, new = life.renew(old_page)
    assert keys_in(new) == 3
    second = contents_of(new)
    assert token.alias in {entry.alias for entry in encryption_entries(second)}
    assert authentication_entry(second).key.public_key() != own.key.public_key()
    life.switch(old_page, new_page, old)
    assert open_sealed(sealed, keys_by_serial(second)).message == b"oude brief"
    assert "the workstation activates the token and proves that it opens messages" in steps

    # Each certificate was seen to log in, from the workstation that holds its key.
    asked = [
        line
        for line in world.control("/control/received", method="GET")
        if line["environment"] == environment
    ]
    assert [one["outcome"] for one in asked if one["operation"] == "RequestSecureToken"][-1] == "success"
    assert "organization:cbe-number: " in administrator.get(new_page), (
        "what the token says stands on the switch"
    )

    # The depot hands the new token out; what is sealed to it opens with the new store alone.
    fresh = next(entry for entry in encryption_entries(second) if entry.alias != token.alias)
    assert fresh.certificate is not None
    assert fresh.alias in administrator.get(new_page)
    letter = seal(
        b"nieuwe brief", [fresh.certificate], Sender(own.key, (own.certificate,)), now=datetime.now(UTC)
    )
    assert open_sealed(letter, keys_by_serial(second)).message == b"nieuwe brief"

    assert_requests_are_official(
        world, environment, {"StartETKRegistration", "CompleteETKRegistration", "ActivateETK"}
    )
    for entry in second.keys:
        assert isinstance(entry.key, rsa.RSAPrivateKey)
        assert_secrets_stayed(world, admin_url, entry.key)


def assert_requests_are_official(world: World, environment: str, operations: set[str]) -> None:
    """What the sandbox received of these operations is what the official schemas ask for."""
    if not OFFICIAL.exists():
        return
    schema = etree.XMLSchema(etree.parse(str(OFFICIAL / "ehealth-etkra-schema-protocol-2_0.xsd")))
    seen = set()
    for line in world.control("/control/received", method="GET"):
        if line["operation"] in operations and line["environment"] == environment:
            body = etree.fromstring(base64.b64decode(line["body"])).find("{*}Body")
            assert body is not None
            schema.assertValid(etree.fromstring(etree.tostring(body[0])))
            seen.add(line["operation"])
    assert seen == operations


def test_a_lost_key_store_leads_to_revocation_and_a_new_request(world: World) -> None:
    """The holder cannot open the old store: the request says what to do instead."""
    application_id = "LIFE-LOST"
    station = world.stations["peeters"]
    life = Life(
        world.administrator, world.holder, world.terminal(), station, world.stack.sandbox.control, quietly
    )
    before = set(station.key_stores.glob("*.p12"))
    page = world.administrator.ask_certificate(application_id)
    life.signed_three_years_ago(world.job_of(page))
    old_page = wait_for(world.administrator, page, CERTIFICATE)
    [old] = set(station.key_stores.glob("*.p12")) - before
    old.unlink()
    world.administrator.get(old_page)
    world.administrator.post(f"{old_page}renew/", {"known": "1"})
    renewal = world.administrator.path
    status, seen = world.terminal().run(
        "run",
        world.job_of(renewal),
        answers={r"Path of the file \(empty: none\): ": "", r"lost for good\?.{1,400}\[y/N\] ": "y"},
    )
    assert status == 1, seen
    assert "key store or its password is lost" in " ".join(re.sub(r"[│╭╰─╮╯]", " ", seen).split())
    assert world.state_of(renewal) == "declined"
    until(lambda: "/revoke/" in world.administrator.get(renewal), "the page's way to the revocation")
