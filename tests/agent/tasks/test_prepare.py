"""A key without an identity card: prepared, its request sent by hand, joined with its certificate."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from agent.wire.link.preparation import Preparation, csr_of_file
from agent.wire.pki.keys import read_csr
from agent.wire.pki.names import ehealth_dn, name_from_dn
from tests.agent.authority import make_authority
from tests.agent.workstation import PASSWORD, Workstation, finish
from tests.support.cards import CitizenPki

BIS = "85273003371"
DN = ehealth_dn("SSIN", BIS, "Giulia De Luca", None)
ID = "AAECAwQFBgcICQoLDA0ODw"
NOW = datetime.now(UTC)
MAKE = "the key stays on this workstation. [y/N] "
OPENS = "no longer needed and is removed. [y/N] "
LOST = "not sent in yet. [y/N] "


@pytest.fixture(scope="module")
def authority() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    return make_authority()


@pytest.fixture
def desk(tmp_path: Path, citizen_pki: CitizenPki) -> Workstation:
    """A workstation that was never enrolled and has no card in use."""
    return Workstation.make(tmp_path, citizen_pki.card())


def _file(desk: Workstation, **changes: str) -> Path:
    values = {"id": ID, "server": "https://certificates.example.org", "environment": "acceptance", "dn": DN}
    path = desk.configuration / "preparation-1.json"
    path.write_bytes(Preparation(**(values | changes)).to_json())  # type: ignore[arg-type]  # a table of text
    return path


def _prepare(desk: Workstation, path: Path) -> tuple[int, str]:
    terminal = desk.spawn("prepare", str(path), "--format", "modern", "--ui", "terminal")
    terminal.expect_exact(MAKE)
    terminal.sendline("y")
    terminal.expect_exact("New password: ")
    terminal.sendline(PASSWORD)
    terminal.expect_exact("The same password again: ")
    terminal.sendline(PASSWORD)
    return finish(terminal)


def _issue(
    authority: tuple[rsa.RSAPrivateKey, x509.Certificate], csr: Path, *, dn: str = DN
) -> x509.Certificate:
    key = read_csr(csr_of_file(csr.read_bytes())).public_key
    return (
        x509.CertificateBuilder()
        .subject_name(name_from_dn(dn, printable=False))
        .issuer_name(authority[1].subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1096))
        .sign(authority[0], hashes.SHA256())
    )


def _pem(folder: Path, *certificates: x509.Certificate) -> Path:
    path = folder / "certificate-1.pem"
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    return path


def _collect(desk: Workstation, path: Path, *, opens: str, holder: str = "GIULIA DE LUCA") -> tuple[int, str]:
    terminal = desk.spawn("collect", str(path), "--ui", "terminal")
    terminal.expect_exact(f"Password of the key store for {holder}: ")
    terminal.sendline(PASSWORD)
    terminal.expect_exact(OPENS)
    terminal.sendline(opens)
    return finish(terminal)


def _prepared(desk: Workstation) -> list[str]:
    folder = desk.home / "prepared"
    return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.exists() else []


def test_from_preparation_to_a_store_that_opens(
    desk: Workstation, authority: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    path = _file(desk)
    code, screen = _prepare(desk, path)
    assert code == 0, screen
    csr = path.with_suffix(".csr")
    assert read_csr(csr_of_file(csr.read_bytes())).dn == DN
    assert _prepared(desk) == [f"{ID}.json", f"{ID}.pending.p12"]
    state = (desk.home / "prepared" / f"{ID}.json").read_text()
    assert BIS not in state
    assert PASSWORD not in state
    assert (desk.home / "prepared" / f"{ID}.pending.p12").stat().st_mode & 0o777 == 0o600

    leaf = _issue(authority, csr)
    certificate = _pem(desk.configuration, leaf, authority[1])
    code, screen = _collect(desk, certificate, opens="n")
    assert code == 3, screen
    assert f"{ID}.pending.p12" in _prepared(desk), "nothing goes before the person has said that it opens"
    code, screen = _collect(desk, certificate, opens="y")
    assert code == 0, screen
    assert _prepared(desk) == []
    [store] = desk.stores
    assert store.name.startswith(f"SSIN={BIS} ")
    assert store.name.endswith(".acc-p12")
    key, found, others = pkcs12.load_key_and_certificates(store.read_bytes(), PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert found == leaf
    assert key.public_key() == leaf.public_key()
    assert others == [authority[1]]


@pytest.mark.parametrize(
    ("prepared", "delivered"),
    [
        ("De Luca Giulia Maria", "Giulia Maria De Luca"),
        ("Giulia Maria De Luca", "De Luca Giulia Maria"),
        ("De Luca Giulia Maria", "De Luca Giulia Maria"),
    ],
)
def test_a_certificate_that_writes_the_name_in_the_other_order_is_collected(
    desk: Workstation,
    authority: tuple[rsa.RSAPrivateKey, x509.Certificate],
    prepared: str,
    delivered: str,
) -> None:
    path = _file(desk, dn=ehealth_dn("SSIN", BIS, prepared, None))
    assert _prepare(desk, path)[0] == 0
    leaf = _issue(authority, path.with_suffix(".csr"), dn=ehealth_dn("SSIN", BIS, delivered, None))
    certificate = _pem(desk.configuration, leaf, authority[1])
    code, screen = _collect(desk, certificate, opens="y", holder=delivered.upper())
    assert code == 0, screen
    assert _prepared(desk) == []
    [store] = desk.stores
    key, found, _others = pkcs12.load_key_and_certificates(store.read_bytes(), PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert (found, key.public_key()) == (leaf, leaf.public_key())
    terminal = desk.spawn("verify", str(store), "--ui", "terminal")
    terminal.expect("Password of the key store[^:]*: ")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert (code, "✗" in screen) == (0, False), screen


@pytest.mark.parametrize("delivered", ["Maria Giulia Luca De", "Giulia De Luca", "De Luca Giulia Mario"])
def test_a_certificate_of_other_words_is_another_persons(
    desk: Workstation, authority: tuple[rsa.RSAPrivateKey, x509.Certificate], delivered: str
) -> None:
    path = _file(desk, dn=ehealth_dn("SSIN", BIS, "De Luca Giulia Maria", None))
    assert _prepare(desk, path)[0] == 0
    leaf = _issue(authority, path.with_suffix(".csr"), dn=ehealth_dn("SSIN", BIS, delivered, None))
    terminal = desk.spawn("collect", str(_pem(desk.configuration, leaf, authority[1])), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert (code, "another name" in screen, desk.stores) == (1, True, []), screen


def test_preparing_again_in_the_other_order_is_the_same_key(
    desk: Workstation, authority: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    path = _file(desk)
    assert _prepare(desk, path)[0] == 0
    first = read_csr(csr_of_file(path.with_suffix(".csr").read_bytes())).public_key_identifier
    other = ehealth_dn("SSIN", BIS, "De Luca Giulia", None)
    terminal = desk.spawn("prepare", str(_file(desk, dn=other)), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for DE LUCA GIULIA: ")
    terminal.sendline(PASSWORD)
    assert finish(terminal)[0] == 0
    again = read_csr(csr_of_file(path.with_suffix(".csr").read_bytes()))
    assert (again.public_key_identifier, again.dn) == (first, other)
    certificate = _pem(
        desk.configuration, _issue(authority, path.with_suffix(".csr"), dn=other), authority[1]
    )
    code, screen = _collect(desk, certificate, opens="y", holder="DE LUCA GIULIA")
    assert code == 0, screen


def test_preparing_again_gives_the_same_request(desk: Workstation) -> None:
    path = _file(desk)
    assert _prepare(desk, path)[0] == 0
    csr = path.with_suffix(".csr")
    first = read_csr(csr_of_file(csr.read_bytes())).public_key_identifier
    csr.unlink()
    # As after a crash between the key and its state.
    (desk.home / "prepared" / f"{ID}.json").unlink()
    terminal = desk.spawn("prepare", str(path), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for GIULIA DE LUCA: ")
    terminal.sendline(PASSWORD)
    assert finish(terminal)[0] == 0
    assert read_csr(csr_of_file(csr.read_bytes())).public_key_identifier == first
    state = json.loads((desk.home / "prepared" / f"{ID}.json").read_text())
    assert state["key_identifier"] == first


def test_a_lost_password_sets_the_key_aside_and_never_overwrites_its_request(desk: Workstation) -> None:
    path = _file(desk)
    assert _prepare(desk, path)[0] == 0
    terminal = desk.spawn("prepare", str(path), "--format", "modern", "--ui", "terminal")
    for _attempt in range(3):
        terminal.expect_exact("Password of the key store for GIULIA DE LUCA: ")
        terminal.sendline("iets anders 44")
    terminal.expect_exact(LOST)
    terminal.sendline("y")
    terminal.expect_exact(MAKE)
    terminal.sendline("y")
    terminal.expect_exact("New password: ")
    terminal.sendline(PASSWORD)
    terminal.expect_exact("The same password again: ")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert code == 1, screen
    assert "There is a file already" in screen
    assert len(list((desk.home / "prepared" / "set-aside").iterdir())) == 1


@pytest.mark.parametrize("reply", ["", "n", "x"])
def test_anything_but_yes_makes_nothing(desk: Workstation, reply: str) -> None:
    path = _file(desk)
    terminal = desk.spawn("prepare", str(path), "--ui", "terminal")
    terminal.expect_exact(MAKE)
    terminal.sendline(reply)
    assert finish(terminal)[0] == 4
    assert _prepared(desk) == []
    assert not path.with_suffix(".csr").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00" * 9000, b"<?xml version='1.0'?>"])
def test_a_file_that_is_no_preparation_is_refused(desk: Workstation, content: bytes) -> None:
    path = desk.configuration / "other.json"
    path.write_bytes(content)
    code, screen = finish(desk.spawn("prepare", str(path), "--ui", "terminal"))
    assert code == 1
    assert "not a preparation file" in screen
    missing = finish(desk.spawn("prepare", str(path) + "x", "--ui", "terminal"))
    assert missing[0] == 1
    assert "cannot be read" in missing[1]


def test_certificates_that_do_not_fit_are_refused_and_lose_nothing(
    desk: Workstation, authority: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    path = _file(desk)
    assert _prepare(desk, path)[0] == 0
    csr, folder = path.with_suffix(".csr"), desk.configuration
    before = _prepared(desk)

    def refused(certificate: Path, *, asks: bool) -> str:
        terminal = desk.spawn("collect", str(certificate), "--ui", "terminal")
        if asks:
            terminal.expect_exact("Password of the key store for ")
            terminal.sendline(PASSWORD)
        code, screen = finish(terminal)
        assert code == 1, screen
        assert _prepared(desk) == before
        assert desk.stores == []
        return screen

    other = ehealth_dn("SSIN", BIS, "Iemand Anders", None)
    leaf = _issue(authority, csr)
    assert "No key that was prepared" in refused(_pem(folder, authority[1]), asks=False)
    assert "another name" in refused(_pem(folder, _issue(authority, csr, dn=other), authority[1]), asks=True)
    assert "does not come from" in refused(_pem(folder, leaf), asks=True), "no issuer to check it by"
    assert "does not come from" in refused(_pem(folder, leaf, make_authority()[1]), asks=True)
    for content in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        bad = folder / "bad.pem"
        bad.write_bytes(content)
        assert "not a certificate file" in refused(bad, asks=False)
    rsa_key, no_key = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d010163")
    odd = base64.encodebytes(leaf.public_bytes(Encoding.DER).replace(rsa_key, no_key))
    bad.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + odd + b"-----END CERTIFICATE-----\n")
    assert "not a certificate file" in refused(bad, asks=False), "a key of no kind that is known"
    bad.write_bytes(leaf.public_bytes(Encoding.PEM) * 400)
    assert "not a certificate file" in refused(bad, asks=False)


def test_status_tells_of_prepared_keys(enrolled: Workstation) -> None:
    assert _prepare(enrolled, _file(enrolled))[0] == 0
    code, screen = finish(enrolled.spawn("status", "--ui", "terminal"))
    assert code == 0
    assert "waits for its certificate" in screen
