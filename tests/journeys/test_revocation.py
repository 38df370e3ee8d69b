"""The end of a certificate as people make it: pages over HTTP, the real agent, the government's register outside."""

import subprocess
import time
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from deploy.stack.demo.accounts import MAASDAL
from deploy.stack.demo.journey import wait_for
from tests.journeys.conftest import PASSWORD, PIN, World, logs_of, rows_of
from tests.journeys.test_first_certificate import open_store


def certificate_in_a_key_store(world: World, application_id: str) -> tuple[str, Path, x509.Certificate]:
    """A certificate made the usual way; returns its page, its key store and itself."""
    station = world.stations["peeters"]
    before = set(station.key_stores.glob("*.p12"))
    request = world.administrator.ask_certificate(application_id)
    status, seen = world.terminal().run("run", world.job_of(request))
    assert status == 0, seen
    page = wait_for(world.administrator, request, r'"(/certificates/[0-9a-f-]{36}/)"')
    [store] = set(station.key_stores.glob("*.p12")) - before
    _key, leaf, _others = open_store(store)
    return page, store, leaf


def openssl_says(world: World, leaf: x509.Certificate, folder: Path) -> str:
    """What OpenSSL hears from the OCSP responder that the certificate names."""
    issuing = world.stack.sandbox.pki / "production" / "issuing.pem"
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    [url] = [
        one.access_location.value for one in access if one.access_method == AuthorityInformationAccessOID.OCSP
    ]
    command = ["openssl", "ocsp", "-issuer", str(issuing), "-cert", str(folder / "leaf.pem"), "-url", url]
    command += [
        "-CAfile",
        str(world.stack.sandbox.pki / "production" / "root.pem"),
        "-verify_other",
        str(issuing),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout


def test_from_the_administrators_wish_to_a_dead_certificate(
    world: World, admin_url: str, tmp_path: Path
) -> None:
    page, store, leaf = certificate_in_a_key_store(world, "ENDS")
    assert "good" in openssl_says(world, leaf, tmp_path)
    revocation = world.administrator.ask_revocation(
        page, "keyCompromise", f"Laptop van {MAASDAL.ssin} gestolen in de trein"
    )
    job = wait_for(world.holder, f"{revocation}sign/", r"ehportal://run/([A-Za-z0-9_-]{22})")
    listed = world.holder.get("/sign/")
    assert f"{revocation}sign/" in listed
    assert "ending-band" in listed

    status, seen = world.terminal().run("run", job)
    assert status == 0, seen
    flat = " ".join(seen.replace("│", " ").split())
    for told in (
        "THIS ENDS A CERTIFICATE FOR GOOD",
        "The key or its password may be in the wrong hands",
        "gestolen in de trein",
        "ENDS",
        "The certificate is revoked",
        "messages that were sealed before",
    ):
        assert told in flat
    assert str(store) in seen.replace("\r\n", "").replace("\n", "")
    assert MAASDAL.ssin not in seen
    assert PIN not in seen
    assert store.exists(), "old messages need it"
    open_store(store)

    # Evidence came from outside, and outside says so to others too.
    wait_for(world.administrator, revocation, "OCSP")
    with psycopg.connect(world.stack.urls.owner) as connection:
        row = connection.execute(
            "SELECT r.state, r.evidence->>'source', r.comment, c.revocation_status, c.fingerprint"
            " FROM certificates_revocation r JOIN certificates_certificate c ON c.id = r.certificate_id"
            " WHERE r.id = %s",
            [revocation.split("/")[2]],
        ).fetchone()
    assert row is not None
    assert row[:2] == ("completed", "ocsp")
    assert MAASDAL.ssin not in row[2]
    assert row[3:] == ("revoked", leaf.fingerprint(hashes.SHA256()).hex())
    assert "revoked" in openssl_says(world, leaf, tmp_path)
    shown = world.administrator.get(page)
    assert f'href="{page}revoke/"' not in shown
    assert revocation in shown
    status, again = world.terminal().run("run", job)
    assert (status, "The certificate is revoked" in again) == (0, True)

    logged, stored = logs_of(world), rows_of(world, admin_url)
    for secret in (PIN, PASSWORD, MAASDAL.ssin):
        assert secret not in logged
        assert secret not in stored


def test_a_lost_answer_ends_right_by_itself(world: World, tmp_path: Path) -> None:
    page, _store, leaf = certificate_in_a_key_store(world, "ENDSTWICE")
    revocation = world.administrator.ask_revocation(page, "superseded", "")
    job = wait_for(world.holder, f"{revocation}sign/", r"ehportal://run/([A-Za-z0-9_-]{22})")
    world.control("/control/faults", {"kind": "drop-after-commit", "operation": "Revoke", "times": 1})
    status, seen = world.terminal().run("run", job)
    assert status == 0, seen
    assert "revoked" in openssl_says(world, leaf, tmp_path)
    sent = [
        line for line in world.control("/control/received", method="GET") if line["operation"] == "Revoke"
    ]
    assert sent[-1]["outcome"] != "CERT_NOT_REVOCABLE", "it was never sent a second time"


def test_cancelling_leaves_everything_as_it_was(world: World) -> None:
    page, _store, leaf = certificate_in_a_key_store(world, "STAYS")
    revocation = world.administrator.ask_revocation(page, "cessationOfOperation", "")
    job = wait_for(world.holder, f"{revocation}sign/", r"ehportal://run/([A-Za-z0-9_-]{22})")
    status, seen = world.terminal().run("run", job, answers={r"sign this with your eID\? \[y/N\] ": "n"})
    assert status == 4, seen
    world.administrator.get(revocation)
    world.administrator.post(f"{revocation}cancel", {})
    time.sleep(1)
    status, seen = world.terminal().run("run", job)
    assert status == 1
    assert "withdrawn" in " ".join(seen.split())
    assert f'href="{page}revoke/"' in world.administrator.get(page)
    assert leaf.subject is not None
