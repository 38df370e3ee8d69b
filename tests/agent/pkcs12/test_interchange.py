"""Key stores with several keys, between us and Java's keytool, OpenSSL and cryptography."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from agent import pkcs12
from agent.errors import StoreError
from agent.pkcs12.rc2 import decrypt_cbc
from tests.agent.stores.samples import CA_ALIAS, PASSWORD, full_contents, run

Protection = Literal["modern", "legacy"]
BOTH: tuple[Protection, ...] = ("modern", "legacy")


@pytest.mark.parametrize("protection", BOTH)
def test_every_entry_comes_back(protection: Protection) -> None:
    again = pkcs12.read(pkcs12.write(full_contents(), PASSWORD, protection), PASSWORD)
    assert again.same_as(full_contents())
    assert again.protection == protection
    assert [entry.alias for entry in again.keys] == [entry.alias for entry in full_contents().keys]
    assert all(entry.belongs_together for entry in again.keys)


@pytest.mark.parametrize("protection", BOTH)
def test_keytool_sees_every_entry(tmp_path: Path, protection: Protection) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(pkcs12.write(full_contents(), PASSWORD, protection))
    said = run(
        "keytool",
        "-J-Duser.language=en",
        "-list",
        "-storetype",
        "PKCS12",
        "-keystore",
        file,
        given=f"{PASSWORD}\n",
    )
    assert "contains 4 entries" in said
    assert said.count("PrivateKeyEntry") == 3
    for entry in full_contents().keys:
        assert f"{entry.alias}, " in said
    assert f"{CA_ALIAS.lower()}, " in said


@pytest.mark.parametrize("protection", BOTH)
def test_openssl_opens_what_we_write(tmp_path: Path, protection: Protection) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(pkcs12.write(full_contents(), PASSWORD, protection))
    legacy = ["-legacy"] if protection == "legacy" else []
    said = run(
        "openssl", "pkcs12", "-in", file, "-info", "-noenc", "-passin", "stdin", *legacy, given=PASSWORD
    )
    assert said.count("BEGIN PRIVATE KEY") == 3
    assert said.count("BEGIN CERTIFICATE") == 4
    expected = "PBES2, PBKDF2, AES-256-CBC" if protection == "modern" else "pbeWithSHA1And3-KeyTripleDES-CBC"
    assert said.count(expected) >= 4


@pytest.mark.parametrize("protection", BOTH)
def test_cryptography_opens_a_single_key(protection: Protection) -> None:
    single = replace(full_contents(), keys=full_contents().keys[:1])
    opened = load_pkcs12(pkcs12.write(single, PASSWORD, protection), PASSWORD.encode())
    assert opened.cert is not None
    assert opened.cert.certificate == single.keys[0].certificate
    assert opened.cert.friendly_name == b"authentication"
    assert [ca.friendly_name for ca in opened.additional_certs] == [CA_ALIAS.encode()]


@pytest.mark.parametrize("old", [False, True])
def test_what_keytool_writes_is_read(tmp_path: Path, old: bool) -> None:
    ours, theirs = tmp_path / "ours.p12", tmp_path / "theirs.p12"
    ours.write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    option = ["-J-Dkeystore.pkcs12.legacy"] if old else []
    store: list[str | Path] = [
        "-srckeystore",
        ours,
        "-srcstoretype",
        "PKCS12",
        "-destkeystore",
        theirs,
        "-deststoretype",
        "PKCS12",
    ]
    run("keytool", *option, "-importkeystore", *store, given=f"{PASSWORD}\n{PASSWORD}\n{PASSWORD}\n")
    again = pkcs12.read(theirs.read_bytes(), PASSWORD)
    assert again.protection == ("legacy" if old else "modern")
    found = {entry.alias: entry.certificate for entry in again.keys}
    assert found == {entry.alias: entry.certificate for entry in full_contents().keys}
    assert all(entry.belongs_together for entry in again.keys)
    assert CA_ALIAS.lower() in {entry.alias for entry in again.certificates}
    assert pkcs12.read(pkcs12.write(again, PASSWORD, "legacy"), PASSWORD).same_as(again)


@pytest.mark.parametrize(
    "options", [(), ("-legacy",), ("-keypbe", "NONE"), ("-macalg", "sha512", "-iter", "4096")]
)
def test_what_openssl_writes_is_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    entry = full_contents().keys[0]
    assert entry.certificate is not None
    pem, file = tmp_path / "x.pem", tmp_path / "x.p12"
    pem.write_bytes(
        entry.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + entry.certificate.public_bytes(Encoding.PEM)
        + full_contents().certificates[0].certificate.public_bytes(Encoding.PEM)
    )
    name = ["-name", "authentication"]
    run(
        "openssl",
        "pkcs12",
        "-export",
        "-in",
        pem,
        "-out",
        file,
        *name,
        "-passout",
        "stdin",
        *options,
        given=PASSWORD,
    )
    again = pkcs12.read(file.read_bytes(), PASSWORD)
    assert [key.alias for key in again.keys] == ["authentication"]
    assert again.keys[0].certificate == entry.certificate
    assert again.keys[0].belongs_together
    assert len(again.certificates) == 1
    with pytest.raises(StoreError) as refused:
        pkcs12.read(file.read_bytes(), PASSWORD + "x")
    assert refused.value.code == "password_wrong"


def test_a_key_with_anothers_certificate_is_told() -> None:
    first, second, _ = full_contents().keys
    wrong = replace(first, certificate=second.certificate)
    bare = replace(second, certificate=None)
    again = pkcs12.read(pkcs12.write(pkcs12.Contents((wrong, bare), ()), PASSWORD, "modern"), PASSWORD)
    assert [entry.belongs_together for entry in again.keys] == [False, False]
    assert again.keys[0].certificate == second.certificate
    assert again.keys[1].certificate is None


def test_what_was_not_understood_is_not_written_again() -> None:
    with pytest.raises(StoreError) as refused:
        pkcs12.write(replace(full_contents(), foreign=1), PASSWORD, "modern")
    assert refused.value.code == "store_foreign_entries"
    many = pkcs12.Contents(full_contents().keys[:1] * 41, ())
    with pytest.raises(StoreError) as too_many:
        pkcs12.write(many, PASSWORD, "modern")
    assert too_many.value.code == "store_too_complex"


@pytest.mark.parametrize(
    ("key", "bits", "plain", "secret"),
    [
        ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
        ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
        ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
        ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
    ],
)
def test_rc2_is_the_one_of_rfc_2268(key: str, bits: int, plain: str, secret: str) -> None:
    assert decrypt_cbc(bytes.fromhex(key), bits, bytes(8), bytes.fromhex(secret)).hex() == plain
