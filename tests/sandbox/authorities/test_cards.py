"""Virtual cards read back through PKCS#11: the labels, objects and keys that software for real cards looks for."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

from deploy.sandbox.authorities.cards import MODULE, CardError, make_card, read_pin
from deploy.sandbox.authorities.pki import SandboxNotStarted
from tests.sandbox.authorities.card_reader import MESSAGE
from tests.support.sandbox import ROOT, SandboxProcess


def read(configuration: Path, pin: str = "1234") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.authorities.card_reader"],
        input=json.dumps({"module": str(MODULE), "pin": pin}),
        env=os.environ | {"SOFTHSM2_CONF": str(configuration)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.sandbox", "card", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def native(identifier: int) -> str:
    return identifier.to_bytes(8, sys.byteorder).hex()


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_a_card_holds_what_a_real_one_holds(sandbox: SandboxProcess, tmp_path: Path, algorithm: str) -> None:
    made = run(
        *("--state", sandbox.state, "--softhsm", tmp_path / "card", "--ssin", "85073003328"),
        *("--first-names", "An Marie", "--surname", "Peeters", "--algorithm", algorithm),
    )
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["label"] == "BELPIC"
    assert Path(told["configuration"]) == tmp_path / "card" / "softhsm2.conf"
    card = read(tmp_path / "card" / "softhsm2.conf")
    assert (card["tokens"], card["keys_before_login"]) == (1, 0)
    found = {
        c["label"]: x509.load_der_x509_certificate(base64.b64decode(c["value"])) for c in card["certificates"]
    }
    assert set(found) == {"Authentication", "Signature", "CA", "Root"}
    for leaf in (found["Authentication"], found["Signature"]):
        leaf.verify_directly_issued_by(found["CA"])
    found["CA"].verify_directly_issued_by(found["Root"])
    assert found["Root"] == x509.load_pem_x509_certificate(
        (sandbox.pki / "citizen" / "root.pem").read_bytes()
    )
    assert {c["label"]: c["id"] for c in card["certificates"]} == {
        "Authentication": native(2),
        "Signature": native(3),
        "CA": native(4),
        "Root": native(6),
    }
    assert {(k["label"], k["id"]) for k in card["keys"]} == {
        ("Authentication", native(2)),
        ("Signature", native(3)),
    }
    for key in card["keys"]:
        assert key["sealed"]
        assert key["elliptic"] == (algorithm == "p384")
        _verify(found[key["label"]], base64.b64decode(key["signature"]))
    assert card["data"]["national_number"] == "85073003328"
    assert card["data"]["surname"] == "Peeters"
    assert card["data"]["firstnames"] == "An Marie"
    assert card["data"]["date_of_birth"] == "30 JUL 1985"
    assert card["data"]["gender"] == "M"  # 033 is odd


def _verify(certificate: x509.Certificate, signature: bytes) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        assert key.key_size == 2048
        key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        return
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP384R1)
    assert len(signature) == 96
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    key.verify(utils.encode_dss_signature(r, s), MESSAGE, ec.ECDSA(hashes.SHA384()))


def test_certificates_name_the_holder_and_their_purpose(sandbox: SandboxProcess, tmp_path: Path) -> None:
    card = make_card(sandbox.state, tmp_path, ssin="93051822361", first_names="Luc", surname="Dubois")
    purposes = {"Authentication": card.identity.authentication, "Signature": card.identity.signature}
    for purpose, certificate in purposes.items():
        assert [(a.oid, a.value) for a in certificate.subject] == [
            (NameOID.COUNTRY_NAME, "BE"),
            (NameOID.COMMON_NAME, f"Luc Dubois ({purpose})"),
            (NameOID.SURNAME, "Dubois"),
            (NameOID.GIVEN_NAME, "Luc"),
            (NameOID.SERIAL_NUMBER, "93051822361"),
        ]
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature == (purpose == "Authentication")
        assert usage.content_commitment == (purpose == "Signature")


def test_the_pin_comes_from_a_file_of_the_owner(sandbox: SandboxProcess, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("846290\n")
    pin.chmod(0o644)
    options = ("--state", sandbox.state, "--softhsm", tmp_path / "card", "--ssin", "93051822361")
    names = ("--first-names", "Luc", "--surname", "Dubois", "--pin-file", pin)
    refused = run(*options, *names)
    assert refused.returncode == 2
    assert "chmod 600" in refused.stderr
    pin.chmod(0o600)
    assert run(*options, *names).returncode == 0
    assert read(tmp_path / "card" / "softhsm2.conf", "846290")["tokens"] == 1
    for file in [*sandbox.state.rglob("*"), *(tmp_path / "card").rglob("*")]:
        if file.is_file():
            assert b"846290" not in file.read_bytes()


def test_a_pin_is_digits(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("secret")
    pin.chmod(0o600)
    with pytest.raises(CardError, match="digits"):
        read_pin(pin)


def test_a_card_needs_a_sandbox_that_was_started(tmp_path: Path) -> None:
    with pytest.raises(SandboxNotStarted):
        make_card(
            tmp_path / "state", tmp_path / "card", ssin="93051822361", first_names="Luc", surname="Dubois"
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ssin", ["85073003329", "8507300332", "abc"])
def test_a_card_needs_a_real_number(sandbox: SandboxProcess, tmp_path: Path, ssin: str) -> None:
    done = run(
        *("--state", sandbox.state, "--softhsm", tmp_path / "card", "--ssin", ssin),
        *("--first-names", "Luc", "--surname", "Dubois"),
    )
    assert done.returncode == 2
    assert ssin not in done.stderr


def test_a_folder_may_hold_two_cards(sandbox: SandboxProcess, tmp_path: Path) -> None:
    make_card(sandbox.state, tmp_path, ssin="93051822361", first_names="Luc", surname="Dubois")
    make_card(sandbox.state, tmp_path, ssin="00010100105", first_names="Sofie", surname="Janssens")
    assert read(tmp_path / "softhsm2.conf")["tokens"] == 2
