"""Key stores between us and BouncyCastle, on which the platform's official application is built: BER, not DER."""

from pathlib import Path
from typing import Literal

import pytest
from asn1crypto import core

from agent import pkcs12
from agent.errors import StoreError
from agent.pkcs12.ber import as_der
from deploy.stack.bootstrap import BCPROV
from tests.agent.stores.samples import CA_ALIAS, PASSWORD, bouncy_castle_store, full_contents, run

CLASS = "org.bouncycastle.jce.provider.BouncyCastleProvider"


@pytest.mark.parametrize("protection", ["modern", "legacy"])
def test_bouncy_castle_sees_every_entry_of_ours(
    tmp_path: Path, protection: Literal["modern", "legacy"]
) -> None:
    file, password = tmp_path / "x.p12", tmp_path / "password"
    file.write_bytes(pkcs12.write(full_contents(), PASSWORD, protection))
    password.write_text(PASSWORD)
    said = run(
        *("keytool", "-J-Duser.language=en", "-list", "-storetype", "PKCS12", "-keystore", file),
        *("-storepass:file", password, "-providername", "BC", "-providerpath", BCPROV),
        *("-providerclass", CLASS),
    )
    assert "Keystore provider: BC" in said
    assert "contains 4 entries" in said
    assert said.count("PrivateKeyEntry") == 3
    for alias in [CA_ALIAS, *(entry.alias for entry in full_contents().keys)]:
        assert f"{alias}, " in said


def test_what_bouncy_castle_writes_is_read(tmp_path: Path) -> None:
    data = bouncy_castle_store(tmp_path)
    assert data[:2] == b"\x30\x80", "the file is not BER: the test proves nothing"
    assert as_der(data) != data
    again = pkcs12.read(data, PASSWORD)
    assert again.protection == "legacy"
    found = {entry.alias: entry.certificate for entry in again.keys}
    assert found == {entry.alias: entry.certificate for entry in full_contents().keys}
    assert all(entry.belongs_together for entry in again.keys)
    assert [entry.certificate for entry in again.certificates] == [
        full_contents().certificates[0].certificate
    ]
    with pytest.raises(StoreError) as refused:
        pkcs12.read(data, PASSWORD + "x")
    assert refused.value.code == "password_wrong"
    for ours in ("modern", "legacy"):
        protection: Literal["modern", "legacy"] = "modern" if ours == "modern" else "legacy"
        assert pkcs12.read(pkcs12.write(again, PASSWORD, protection), PASSWORD).same_as(again)


def test_der_stays_as_it_is() -> None:
    for protection in ("modern", "legacy"):
        data = pkcs12.write(full_contents(), PASSWORD, "modern" if protection == "modern" else "legacy")
        assert as_der(data) == data


@pytest.mark.parametrize(
    ("ber", "der"),
    [
        ("3080 020103 0000", "3003 020103"),
        ("3080 3080 0000 0500 0000", "3004 3000 0500"),
        ("3081 03 020103", "3003 020103"),
        ("3080 2480 040161 040162 0000 0000", "3004 04026162"),
        ("300a 2408 2403 040161 040162", "3004 04026162"),
        ("3080 a080 2480 040161 0000 0000 0000", "3005 a003 040161"),
        # encryptedContent is [0] IMPLICIT: its pieces become one primitive string.
        ("3080 06012a 3000 a080 040161 040162 0000 0000", "3009 06012a 3000 80026162"),
        # content is [0] EXPLICIT: the string in it stays a string.
        ("3080 06012a a080 040161 0000 0000", "3008 06012a a003 040161"),
    ],
)
def test_definite_lengths_and_whole_strings(ber: str, der: str) -> None:
    made = as_der(bytes.fromhex(ber))
    assert made == bytes.fromhex(der)
    assert as_der(made) == made


def test_long_contents_get_the_shortest_length() -> None:
    pieces = b"".join(core.OctetString(b"x" * 1000).dump() for _ in range(70))
    made = as_der(b"\x30\x80\x24\x80" + pieces + bytes(4))
    assert core.Sequence.load(made, strict=True).contents == core.OctetString(b"x" * 70_000).dump()
