"""The journey of first light with real parts, checked from outside."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from lxml import etree

from deploy.stack.demo.accounts import MAASDAL, TILLEULS
from deploy.stack.demo.journey import wait_for
from tests.environment import ROOT
from tests.journeys.conftest import PASSWORD, PIN, World, logs_of, rows_of, status_of

OFFICIAL = ROOT.parent / "shared" / "contract" / "xsd" / "ehealth-etee" / "XSD"


def open_store(path: Path) -> tuple[rsa.RSAPrivateKey, x509.Certificate, list[x509.Certificate]]:
    key, leaf, others = pkcs12.load_key_and_certificates(path.read_bytes(), PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert leaf is not None
    return key, leaf, others


@pytest.mark.parametrize(
    ("surname", "email", "application_id", "environment"),
    [
        ("peeters", "els.wouters@maasdal.example", "JOURNEY-RSA", "production"),
        ("dubois", "luc.dubois@tilleuls.example", "JOURNEY-P384", "production"),
        ("peeters", "els.wouters@maasdal.example", "JOURNEY-ACPT", "acceptance"),
    ],
)
def test_from_wish_to_key_store(
    world: World,
    admin_url: str,
    tmp_path: Path,
    surname: str,
    email: str,
    application_id: str,
    environment: str,
) -> None:
    administrator = world.browser(email)
    holder = world.holder if surname == "peeters" else administrator
    station = world.stations[surname]
    kind = "*.p12" if environment == "production" else "*.acc-p12"
    before = set(station.key_stores.glob(kind))
    page = administrator.ask_certificate(application_id, environment)
    job = world.job_of(page, holder)
    status, seen = world.terminal(surname).run("run", job)
    assert status == 0, seen
    assert application_id in seen, "the person sees what is signed"
    assert PIN not in seen
    assert PASSWORD not in seen
    wait_for(administrator, page, r'"(/certificates/[0-9a-f-]{36}/)"')
    assert world.state_of(page) == "completed"

    # The key store opens with the password, key and certificate match, nothing temporary is left.
    [path] = set(station.key_stores.glob(kind)) - before
    assert path.stat().st_mode & 0o777 == 0o600
    assert station.key_stores.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in station.key_stores.iterdir() if "tmp" in entry.name] == []
    key, leaf, others = open_store(path)
    assert key.public_key() == leaf.public_key()
    assert application_id in leaf.subject.rfc4514_string()

    # The worker has asked the issuer's OCSP responder about it by itself.
    assert status_of(world, leaf.fingerprint(hashes.SHA256()).hex()) == "good"

    # The chain leads to the sandbox's root, says OpenSSL.
    for name, certificates in (("leaf", [leaf]), ("chain", others)):
        (tmp_path / name).write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    root = world.stack.sandbox.pki / environment / "root.pem"
    verified = subprocess.run(
        [
            "openssl",
            "verify",
            "-CAfile",
            str(root),
            "-untrusted",
            str(tmp_path / "chain"),
            str(tmp_path / "leaf"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr

    # What the sandbox received is what the official schema asks for.
    bodies = [
        etree.fromstring(base64.b64decode(line["body"]))
        for line in world.control("/control/received", method="GET")
        if line["operation"] == "GenerateCertificate" and line["environment"] == environment
    ]
    [request] = [
        body.find("{*}Body")[0]  # type: ignore[index]  # a SOAP envelope has a body
        for body in bodies
        if application_id in etree.tostring(body).decode()
    ]
    if OFFICIAL.exists():
        schema = etree.XMLSchema(etree.parse(str(OFFICIAL / "ehealth-certra-schema-protocol-2_0.xsd")))
        schema.assertValid(etree.fromstring(etree.tostring(request)))

    assert_secrets_stayed(world, admin_url, key)


def assert_secrets_stayed(world: World, admin_url: str, key: rsa.RSAPrivateKey) -> None:
    """No private key, PIN, password or national number in any log or in the database, in any usual spelling."""
    prime = key.private_numbers().p
    prime_bytes = prime.to_bytes(128, "big")
    secrets = [PIN, PASSWORD, MAASDAL.ssin, TILLEULS.ssin, "PRIVATE KEY", f"{prime:x}", str(prime)]
    logged, stored = logs_of(world), rows_of(world, admin_url)
    assert len(logged) > 1000
    assert len(stored) > 1000
    for secret in secrets:
        plain = secret.encode()
        for spelling in (secret, plain.hex(), base64.b64encode(plain).decode().rstrip("=")[:-1]):
            assert spelling not in logged, f"{secret[:3]}… stands in a log"
            assert spelling not in stored, f"{secret[:3]}… stands in the database"
    middle = base64.b64encode(prime_bytes).decode()[4:60]
    assert middle not in logged
    assert middle not in stored


def test_the_second_start_finds_everything(world: World) -> None:
    """The inventory of the demo was imported through the product: its certificates are all there."""
    page = world.administrator.get("/certificates/")
    for application_id in ("APOTHEEK", "LABO", "MYCARENET", "EHBOX"):
        assert application_id in page
