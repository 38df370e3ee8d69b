"""Stores that wait for their certificate, aliases in every spelling, and copies by their names."""

import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type

from agent import pkcs12
from agent.errors import StoreError
from agent.language import Texts
from agent.pkcs12 import CertificateEntry, Contents
from agent.scan.found import opened
from agent.scan.report import ScanPage, report_of
from agent.scan.search import scan
from agent.stores.aliases import same_alias
from agent.stores.contents import authentication_entry
from agent.stores.file_names import environment_of, estimated_end, stores_in
from agent.stores.verification import Verification
from agent.wire.pki.names import read_file_name
from tests.agent.stores.samples import PASSWORD, full_contents
from tests.agent.workstation import Workstation, finish

NAME = "CBE=0406798006,APP 20260101-101500.p12"
NOW = datetime.now(UTC)


def _dummy(key: rsa.RSAPrivateKey) -> x509.Certificate:
    """What the platform's own software puts beside a key until its certificate comes; over and done long ago."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        country = x509.NameAttribute(
            x509.NameOID.COUNTRY_NAME, "Dummy", _ASN1Type.PrintableString, _validate=False
        )
        return _with_serial_zero(_made(x509.Name([country]), key))


def _with_serial_zero(certificate: x509.Certificate) -> x509.Certificate:
    """The same with a serial number that the library itself does not write; its signature is nobody's concern."""
    version = bytes.fromhex("a003020102")
    der = certificate.public_bytes(Encoding.DER)
    changed = der.replace(version + bytes.fromhex("020101"), version + bytes.fromhex("020100"), 1)
    assert changed != der
    return x509.load_der_x509_certificate(changed)


def _made(name: x509.Name, key: rsa.RSAPrivateKey) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW - timedelta(days=29))
        .sign(key, hashes.SHA256())
    )


def _waiting() -> Contents:
    first, *_ = full_contents().keys
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    # The certificate beside the key is of another key: nobody may call that a mismatch.
    return Contents((replace(first, certificate=_dummy(stranger)),), ())


def test_a_store_that_waits_is_called_so_by_verify(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.touch(mode=0o600)
    findings = Verification(Texts("en"), path, _waiting(), now=NOW).examine()
    found = {f.key: f.level for f in findings if "open" not in f.key}
    assert found == {"format_modern": "ok", "pending": "note"}
    with pytest.raises(StoreError) as refused:
        authentication_entry(_waiting())
    assert refused.value.code == "store_pending"


def test_a_store_that_waits_is_no_installation(tmp_path: Path) -> None:
    for name, contents in ((NAME, _waiting()), ("whole.p12", full_contents())):
        (tmp_path / name).write_bytes(pkcs12.write(contents, PASSWORD, "legacy"))
    found = scan([tmp_path])
    found = replace(
        found,
        stores=tuple(opened(store, pkcs12.read(store.path.read_bytes(), PASSWORD)) for store in found.stores),
    )
    assert [item.path for item in report_of(found, machine="x", package=None).installations] == [
        str(tmp_path / "whole.p12")
    ]
    (line,) = [line for line in ScanPage(Texts("en"), found, NOW).lines() if NAME in line]
    assert "waits for its certificate" in line
    assert "ENDED" not in line


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CN=CA 001,2.5.4.5=#1303303031,O=X,C=BE", "CN=CA 001,SERIALNUMBER=001,O=X,C=BE", True),
        ("cn=ca 001,2.5.4.5=#1303303031,o=x,c=be", "CN=CA 001,serialNumber=001,O=X,C=BE", True),
        ("CN=CA 001,2.5.4.5=#0c03303031,O=X,C=BE", "CN=CA 001,SERIALNUMBER=001,O=X,C=BE", True),
        ("CN=CA 001,OID.2.5.4.5=#1303303031,O=X,C=BE", "CN=CA 001,2.5.4.5=#1303303031,O=X,C=BE", True),
        ("CN=CA 001,2.5.4.5=#1303303032,O=X,C=BE", "CN=CA 001,SERIALNUMBER=001,O=X,C=BE", False),
        ("CN=CA 001,2.5.4.5=#13ff303031,O=X,C=BE", "CN=CA 001,SERIALNUMBER=001,O=X,C=BE", False),
        ("my ca", "MY CA", True),
        ("my ca", "my cb", False),
        ("", "", True),
    ],
)
def test_aliases_are_compared_by_what_they_mean(one: str, other: str, same: bool) -> None:
    assert same_alias(one, other) is same
    assert same_alias(other, one) is same


def test_an_authority_under_a_spelling_of_its_own_is_no_finding(tmp_path: Path) -> None:
    whole = full_contents()
    (authority,) = whole.certificates
    other = replace(whole, certificates=(CertificateEntry("C=BE;CN=x", authority.certificate),))
    spelled = "2.5.4.3=#0c0f54657374204973737569" + "6e67204341,C=BE"
    ours = replace(whole, certificates=(replace(authority, alias=spelled),))
    (tmp_path / NAME).touch(mode=0o600)
    keys = {
        name: {f.key for f in Verification(Texts("en"), tmp_path / NAME, contents, now=NOW).examine()}
        for name, contents in (("other", other), ("spelled", ours))
    }
    assert "authority_alias" in keys["other"]
    assert "authority_alias" not in keys["spelled"]


@pytest.mark.parametrize(
    "copied",
    [
        "CBE=0809394427,LAB 20250203-101112 (1).p12",
        "CBE=0809394427,LAB 20250203-101112(12).P12",
        "CBE=0809394427,LAB 20250203-101112 - kopie.p12",
        "CBE=0809394427,LAB 20250203-101112 - Kopie (3).p12",
        "CBE=0809394427,LAB 20250203-101112 - Copie.p12",
        "CBE=0809394427,LAB 20250203-101112 copy 2.p12",
        "Kopie van CBE=0809394427,LAB 20250203-101112.p12",
        "Copie de CBE=0809394427,LAB 20250203-101112.p12",
        "Kopie von CBE=0809394427,LAB 20250203-101112.p12",
        "Copy of CBE=0809394427,LAB 20250203-101112.p12",
        "CBE%3D0809394427%2CLAB%2020250203-101112.p12",
        "CBE=0809394427,LAB+20250203-101112.p12",
        "CBE=0809394427,LAB_20250203-101112.p12",
        "CBE=0809394427,LAB 20250203-101112.p12.bak",
        "CBE=0809394427,LAB 20250203-101112.p12 (1)",
        "CBE=0809394427,LAB 20250203-101112 (1).p12.20260101-101010.backup",
    ],
)
def test_a_copy_is_known_by_the_name_of_what_was_copied(copied: str) -> None:
    facts = read_file_name(copied.removesuffix(".20260101-101010.backup"))
    assert facts is not None
    assert str(facts.name) == "CBE=0809394427, LAB"
    assert estimated_end(copied) == datetime(2028, 2, 3, 10, 11, 12, tzinfo=UTC)
    assert environment_of(copied) == "production"
    assert environment_of(copied.replace("p12", "acc-p12", 1).replace("P12", "ACC-P12", 1)) == "acceptance"


def test_names_that_are_no_copies_stay_as_they_are(tmp_path: Path) -> None:
    for name in (
        "KOPIE=0809394427 20250203-101112.p12",
        "kopie.p12",
        "x.txt",
        "100%.p12",
        "CBE=1,COPY 20250203-101112.p12",
    ):
        assert (read_file_name(name) is None) == ("=" not in name)
        (tmp_path / name).touch()
    assert str(read_file_name("CBE=1,COPY 20250203-101112.p12").name) == "CBE=1, COPY"  # type: ignore[union-attr]  # seen above
    assert len(stores_in(tmp_path)) == 4


def test_a_person_without_a_password_opens_with_enter(workstation: Workstation, tmp_path: Path) -> None:
    store = tmp_path / NAME
    store.write_bytes(pkcs12.write(full_contents(), "", "modern"))
    terminal = workstation.spawn("verify", str(store), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline("")
    code, screen = finish(terminal)
    assert "belong together" in screen
    store.write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    terminal = workstation.spawn("verify", str(store), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline("")
    code, screen = finish(terminal)
    assert code == 4
    assert "signed" not in screen


def test_the_keys_own_password_is_asked_by_its_name(workstation: Workstation, tmp_path: Path) -> None:
    store = tmp_path / NAME
    store.write_bytes(pkcs12.write(replace(full_contents(), key_password="een ander 44"), PASSWORD, "modern"))
    terminal = workstation.spawn("password", str(store), "--ui", "terminal")
    for prompt, answer in (
        ("Password of the key store for ", PASSWORD),
        ("Password of the keys in ", "verkeerd"),
        ("Password of the keys in ", "een ander 44"),
        ("New password: ", PASSWORD + " nieuw"),
        ("The same password again: ", PASSWORD + " nieuw"),
    ):
        terminal.expect_exact(prompt)
        terminal.sendline(answer)
    code, screen = finish(terminal)
    assert code == 0, screen
    assert pkcs12.read(store.read_bytes(), PASSWORD + " nieuw").same_as(full_contents())


def test_a_store_that_was_seen_to_wait_stays_known_without_its_password(
    workstation: Workstation, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    store = folder / NAME
    store.write_bytes(pkcs12.write(_waiting(), PASSWORD, "legacy"))
    terminal = workstation.spawn("verify", str(store), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert "waits for the delivery of its certificate" in screen
    assert "backup" not in screen
    code, screen = finish(workstation.spawn("scan", str(folder), "--ui", "terminal"))
    assert code == 0
    assert "waits for its certificate; no installation yet" in " ".join(screen.split())
