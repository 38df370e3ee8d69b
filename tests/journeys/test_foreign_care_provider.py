"""A care provider without an identity card, as people go: pages over HTTP, the real agent, the page of the sandbox."""

import base64
import re
import sys
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from lxml import etree

from agent.stores.contents import encryption_entries, open_store
from agent.wire.link.preparation import Preparation
from deploy.stack.demo.journey import Browser, Terminal, wait_for
from tests.environment import ROOT
from tests.journeys.conftest import PASSWORD, World, logs_of, rows_of
from tests.journeys.test_first_certificate import OFFICIAL

BIS = "85273003371"
"""Giulia De Luca of the sandbox's authentic source."""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def _terminal(folder: Path) -> Terminal:
    """A workstation with an agent that was never enrolled, and no card reader."""
    home = folder / "agent"
    home.mkdir(mode=0o700)
    (home / "agent.toml").write_text(f'language = "en"\n[keystore]\nfolder = "{folder / "keystore"}"\n')
    (home / "agent.toml").chmod(0o600)
    command = folder / "ehportal-agent"
    command.write_text(
        f"#!/bin/sh\nexport EHPORTAL_AGENT_HOME='{home}' PYTHONPATH='{ROOT}'\n"
        f"export PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring\n"
        f"exec '{sys.executable}' -m agent.cli \"$@\"\n"
    )
    command.chmod(0o700)
    return Terminal(command, password=PASSWORD)


def _download(browser: Browser, address: str, folder: Path) -> Path:
    answer = browser.session.get(browser.origin + address, timeout=180)
    assert answer.ok, answer.status_code
    found = re.fullmatch(r'attachment; filename="([\w.-]+)"', answer.headers["Content-Disposition"])
    assert found is not None
    assert BIS not in found[1]
    path = folder / found[1]
    path.write_bytes(answer.content)
    return path


def _upload(browser: Browser, page: str, field: str, path: Path) -> str:
    token = TOKEN.search(browser.get(page))
    assert token is not None
    answer = browser.session.post(
        f"{browser.origin}{page}{'upload' if field == 'copy' else field}",
        data={"csrfmiddlewaretoken": token[1]},
        files={field: (path.name, path.read_bytes())},
        headers={"Referer": browser.origin + page},
        timeout=180,
    )
    assert answer.ok
    return answer.text


@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_from_bis_number_to_a_key_store_that_opens(
    world: World, admin_url: str, tmp_path: Path, environment: str
) -> None:
    browser, terminal = world.administrator, _terminal(tmp_path)
    if "De Luca" not in browser.get("/organisation/"):
        browser.get("/organisation/people/new/")
        browser.post(
            "/organisation/people/new/",
            {
                "first_names": "Giulia",
                "name": "De Luca",
                "ssin": "85.27.30-033.71",
                "email": "giulia@maasdal.example",
                "phone": "+39 02 000",
                "language": "fr",
            },
        )
    found = re.search(r"/foreigners/new/\?person=([0-9a-f-]{36})", browser.get("/organisation/"))
    assert found is not None
    form = browser.get(found[0])
    identifier = re.search(r'<option value="([0-9a-f-]{36})" selected>0406798006', form)
    assert identifier is not None, "the form is prefilled"
    browser.post(
        "/foreigners/new/",
        {
            "environment": environment,
            "person_id": found[1],
            "identifier_id": identifier[1],
            "profession": "Arts",
            "address": "Via Roma 1\n20121 Milano",
            "email_private": "giulia@maasdal.example",
            "phone_private": "+39 02 000",
            "language": "fr",
        },
    )
    page = browser.path
    assert re.fullmatch(r"/foreigners/[0-9a-f-]{36}/", page), browser.last[-2000:]

    # The declaration is printed, sent, and its signed copy kept.
    declaration = re.search(r'"(/papers/[0-9a-f-]{36}/)"', browser.last)
    assert declaration is not None
    paper = _download(browser, f"{declaration[1]}document", tmp_path)
    assert paper.read_bytes().startswith(b"%PDF-")
    day = re.search(r'name="on" value="(\d{4}-\d\d-\d\d)"', browser.get(declaration[1]))
    assert day is not None
    browser.post(f"{declaration[1]}move", {"to": "sent", "on": day[1]})
    assert "notice good" in _upload(browser, declaration[1], "copy", paper)

    # The key is made where no card reader is, and its request sent in.
    preparation = _download(browser, f"{page}preparation", tmp_path)
    assert Preparation.from_json(preparation.read_bytes()).environment == environment
    status, seen = terminal.run(
        "prepare", str(preparation), answers={r"stays on this workstation\. \[y/N\] ": "y"}
    )
    assert status == 0, seen
    assert environment.upper() in seen
    assert PASSWORD not in seen
    assert "notice good" in _upload(browser, page, "csr", preparation.with_suffix(".csr"))

    # The worker submits it; the person confirms on the government's page.
    address = wait_for(browser, page, r"<code>(http://[^<]+/foreigners/[^<]+)</code>")
    assert requests.post(address, data={"number": "85073003328"}, timeout=180).status_code == 403
    assert requests.post(address, data={"number": BIS}, timeout=180).status_code == 200
    browser.get(page)
    browser.post(f"{page}confirmed", {})
    wait_for(browser, page, rf'"({page}certificate)"')

    # Certificate and key come together, and stay until the store opens.
    certificate = _download(browser, f"{page}certificate", tmp_path)
    status, seen = terminal.run("collect", str(certificate))
    assert status == 3, seen
    status, seen = terminal.run("collect", str(certificate), answers={r"is removed\. \[y/N\] ": "y"})
    assert status == 0, seen
    assert [path.name for path in (tmp_path / "agent" / "prepared").iterdir()] == []
    [store] = (tmp_path / "keystore").glob("*p12")
    assert store.name.startswith(f"SSIN={BIS} ")
    assert store.suffix == {"production": ".p12", "acceptance": ".acc-p12"}[environment]
    key, leaf, others = pkcs12.load_key_and_certificates(store.read_bytes(), PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert leaf is not None
    assert key.public_key() == leaf.public_key()
    issuing = world.stack.sandbox.pki / environment / "issuing.pem"
    assert others == [x509.load_pem_x509_certificate(issuing.read_bytes())]
    leaf.verify_directly_issued_by(others[0])
    browser.get(page)
    browser.post(f"{page}opens", {})
    assert "state pill good" in browser.get(page)

    # A mandated holder lends the enrolled workstation for the token; no card is needed, only the store's password.
    status, seen = world.terminal().run("token", str(store))
    assert status == 0, seen
    assert "Passed: what is sealed to you" in seen
    entries = open_store(store.read_bytes(), PASSWORD)
    assert len(encryption_entries(entries)) == 1

    # What the sandbox received is what the official schema asks for.
    bodies = [
        etree.fromstring(base64.b64decode(line["body"]))
        for line in world.control("/control/received", method="GET")
        if line["operation"] == "SubmitCSRForForeigner" and line["environment"] == environment
    ]
    assert len(bodies) == 1, "it was sent once"
    if OFFICIAL.exists():
        schema = etree.XMLSchema(etree.parse(str(OFFICIAL / "ehealth-certra-schema-protocol-2_0.xsd")))
        schema.assertValid(etree.fromstring(etree.tostring(bodies[0].find("{*}Body")[0])))  # type: ignore[index]  # a SOAP envelope has a body

    # Nothing of it lies about in clear.
    logged, stored = logs_of(world), rows_of(world, admin_url)
    prime = key.private_numbers().p
    for secret in (BIS, "85.27.30-033.71", PASSWORD, "PRIVATE KEY", f"{prime:x}"):
        for spelling in (secret, secret.encode().hex()):
            assert spelling not in logged, f"{secret[:3]}… stands in a log"
            assert spelling not in stored, f"{secret[:3]}… stands in the database"
