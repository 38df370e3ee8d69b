"""Whatever software made of its letters, a right password opens the store; what keeps it shut is called by name."""

import hashlib
import hmac
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos, cms, core
from asn1crypto import pkcs12 as asn1

from agent import pkcs12
from agent.errors import StoreError
from agent.language import LANGUAGES, Texts
from agent.pkcs12 import Contents
from agent.pkcs12 import protection as protecting
from agent.pkcs12.limits import Work
from agent.pkcs12.passwords import Encoding, encodings_of
from tests.agent.stores.samples import PASSWORD, full_contents, run

ACCENTED = "Übergröße-é-71"
PBMAC1 = "1.2.840.113549.1.5.14"


def _as_written_by(
    contents: Contents, reading: Encoding, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> bytes:
    """A store whose writer turned the password into `reading`."""
    with monkeypatch.context() as patch:
        patch.setattr(protecting, "encodings_of", lambda password: (reading,))
        return pkcs12.write(contents, "whatever", kind)


@pytest.mark.parametrize("kind", ["legacy", "modern"])
@pytest.mark.parametrize(
    "reading",
    [
        Encoding(f"{ACCENTED}\0".encode("utf-16-be"), ACCENTED.encode()),
        Encoding(f"{ACCENTED.encode().decode('latin-1')}\0".encode("utf-16-be"), ACCENTED.encode()),
        Encoding(f"{ACCENTED}\0".encode("utf-16-be"), ACCENTED.encode("latin-1")),
    ],
    ids=["as the standard says", "widened byte by byte", "a terminal in Latin-1"],
)
def test_accents_open_however_they_were_written(
    reading: Encoding, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _as_written_by(full_contents(), reading, monkeypatch, kind)
    assert pkcs12.read(data, ACCENTED).same_as(full_contents())
    with pytest.raises(StoreError) as refused:
        pkcs12.read(data, ACCENTED + "x")
    assert refused.value.code == "password_wrong"


@pytest.mark.parametrize("kind", ["legacy", "modern"])
@pytest.mark.parametrize("reading", encodings_of(""), ids=["an empty text", "no text at all"])
def test_a_store_without_a_password_opens_with_none(
    reading: Encoding, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _as_written_by(full_contents(), reading, monkeypatch, kind)
    assert pkcs12.read(data, "").same_as(full_contents())
    with pytest.raises(StoreError) as refused:
        pkcs12.read(data, "x")
    assert refused.value.code == "password_wrong"


def test_what_openssl_writes_without_a_password_opens(tmp_path: Path) -> None:
    ours, keys, theirs = tmp_path / "ours.p12", tmp_path / "keys.pem", tmp_path / "theirs.p12"
    ours.write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    run("openssl", "pkcs12", "-in", ours, "-nodes", "-out", keys, "-passin", f"pass:{PASSWORD}")
    run("openssl", "pkcs12", "-export", "-in", keys, "-out", theirs, "-passout", "pass:")
    ours_public = [entry.key.public_key() for entry in full_contents().keys]
    assert pkcs12.read(theirs.read_bytes(), "").keys[0].key.public_key() in ours_public
    run("openssl", "pkcs12", "-export", "-in", keys, "-out", theirs, "-passout", f"pass:{PASSWORD}", "-nomac")
    opened = pkcs12.read(theirs.read_bytes(), PASSWORD)
    assert opened.keys[0].key.public_key() in ours_public
    assert not opened.has_mac


@pytest.mark.parametrize("kind", ["legacy", "modern"])
def test_keys_with_a_password_of_their_own_are_asked_for_it(kind: Any) -> None:
    own = "een heel ander 44"
    data = pkcs12.write(replace(full_contents(), key_password=own), PASSWORD, kind)
    for given, code in (
        (None, "key_password_other"),
        ("x", "key_password_wrong"),
        (PASSWORD, "key_password_wrong"),
    ):
        with pytest.raises(StoreError) as refused:
            pkcs12.read(data, PASSWORD, given)
        assert refused.value.code == code
    with pytest.raises(StoreError) as refused:
        pkcs12.read(data, "x", own)
    assert refused.value.code == "password_wrong"
    opened = pkcs12.read(data, PASSWORD, own)
    assert opened.same_as(full_contents())
    assert opened.key_password == own
    assert own not in repr(opened)
    assert pkcs12.read(pkcs12.write(opened, PASSWORD, kind), PASSWORD, own).key_password == own


def _with_mac(algorithm: Any, digest: bytes) -> bytes:
    pfx = asn1.Pfx.load(pkcs12.write(full_contents(), PASSWORD, "modern"))
    mac = {"mac": {"digest_algorithm": algorithm, "digest": digest}, "mac_salt": b"NOT USED", "iterations": 1}
    return bytes(asn1.Pfx({"version": "v3", "auth_safe": pfx["auth_safe"].copy(), "mac_data": mac}).dump())


def _pbmac1(kdf: Any, scheme: str = "sha256") -> Any:
    hmac_identifier = algos.HmacAlgorithm({"algorithm": scheme})
    parameters = core.Sequence.load(
        b"\x30" + bytes([len(kdf.dump()) + len(hmac_identifier.dump())]) + kdf.dump() + hmac_identifier.dump()
    )
    return cms.DigestAlgorithm({"algorithm": PBMAC1, "parameters": core.Any(parameters)})


def test_the_mac_of_rfc_9579_is_checked() -> None:
    pfx = asn1.Pfx.load(pkcs12.write(full_contents(), PASSWORD, "modern"))
    content, salt = bytes(pfx["auth_safe"]["content"].native), os.urandom(16)
    settings = algos.Pbkdf2Params(
        {
            "salt": algos.Pbkdf2Salt("specified", core.OctetString(salt)),
            "iteration_count": 2048,
            "key_length": 32,
            "prf": {"algorithm": "sha512"},
        }
    )
    kdf = algos.KdfAlgorithm({"algorithm": "pbkdf2", "parameters": settings})
    key = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, 2048, 32)
    mac = {
        "mac": {"digest_algorithm": _pbmac1(kdf), "digest": hmac.digest(key, content, "sha256")},
        "mac_salt": b"NOT USED",
        "iterations": 1,
    }
    data = bytes(asn1.Pfx({"version": "v3", "auth_safe": pfx["auth_safe"].copy(), "mac_data": mac}).dump())
    opened = pkcs12.read(data, PASSWORD)
    assert opened.same_as(full_contents())
    assert opened.protection == "modern"
    with pytest.raises(StoreError) as refused:
        pkcs12.read(data, PASSWORD + "x")
    assert refused.value.code == "password_wrong"


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        ({"algorithm": "2.16.840.1.101.3.4.2.8"}, "SHA3-256"),
        ({"algorithm": "1.2.156.10197.1.401"}, "SM3"),
        ({"algorithm": "1.2.3.4"}, "1.2.3.4"),
        (_pbmac1(algos.KdfAlgorithm({"algorithm": "1.3.6.1.4.1.11591.4.11"})), "PBMAC1, scrypt"),
    ],
)
def test_a_mac_that_is_not_read_here_is_called_by_its_name(algorithm: Any, name: str) -> None:
    with pytest.raises(StoreError) as refused:
        pkcs12.read(_with_mac(algorithm, bytes(32)), PASSWORD)
    assert (refused.value.code, refused.value.values) == ("store_protection_unknown", {"algorithm": name})


def test_a_good_mac_never_ends_in_the_advice_to_take_the_backup() -> None:
    broken = bytes.fromhex("3003020105")
    opener = protecting.Opener(PASSWORD, Work())
    whole = asn1.Pfx(
        {
            "version": "v3",
            "auth_safe": cms.ContentInfo({"content_type": "data", "content": core.OctetString(broken)}),
            "mac_data": opener.make_mac("modern", broken),
        }
    )
    with pytest.raises(StoreError) as refused:
        pkcs12.read(bytes(whole.dump()), PASSWORD)
    assert refused.value.code == "store_contents_unreadable"
    for language in LANGUAGES:
        advice = " ".join(Texts(language).problem(refused.value)).lower()
        assert not any(
            word in advice for word in ("backup", "reserve", "réserve", "sicherung", "revoke", "intrek")
        )
