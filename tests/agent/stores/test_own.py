"""Finding the key store of a certificate among odd files: what cannot be opened is passed over, nothing breaks off."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from agent import pkcs12
from agent.config import Config
from agent.durable import private_folder
from agent.errors import StoreError
from agent.language import Texts
from agent.pkcs12 import Contents
from agent.stores.contents import authentication_entry
from agent.stores.own import OwnStore, StoreFinder
from agent.stores.remembered import record_store
from agent.ui import Dialogue
from agent.wire.pki.keys import certificate_fingerprint, public_key_identifier
from agent.wire.pki.names import CertificateName
from tests.agent.stores.samples import PASSWORD, full_contents, other_contents

NAME = CertificateName("CBE", "0406798006", "APP")


@dataclass
class Person:
    """Types the same password everywhere, and paths in turn; remembers what was said."""

    paths: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def password(self, what: str, *, again: bool, of_key: bool = False) -> str | None:
        self.asked.append(what)
        return PASSWORD

    def path(self, question: str) -> str | None:
        return self.paths.pop(0) if self.paths else None

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "stores").mkdir(mode=0o700)
    (tmp_path / "home").mkdir(mode=0o700)
    return Config(tmp_path / "home", (), tmp_path / "stores", "en", False, None)


def wanted() -> str:
    return certificate_fingerprint(authentication_entry(full_contents()).certificate)


def put(config: Config, file: str, contents: Contents, password: str = PASSWORD) -> Path:
    path = config.keystore_folder / file
    path.write_bytes(pkcs12.write(contents, password, "modern"))
    return path


def find(config: Config, person: Person, *, known: str = "") -> OwnStore:
    finder = StoreFinder(config, cast(Dialogue, person), Texts("en"))
    return finder.find(wanted(), NAME, known=known)


def test_odd_files_beside_it_do_not_hide_the_right_one(config: Config) -> None:
    right = put(config, "CBE=0406798006,APP 20240101-000000.p12", full_contents())
    put(config, "CBE=0406798006,APP 20250101-000000.p12", full_contents(), "another password 99")
    (config.keystore_folder / "CBE=0406798006,APP 20260101-000000.p12").write_bytes(b"no store at all")
    (config.keystore_folder / "CBE=0406798006,APP 20270101-000000.p12").mkdir()
    put(config, "CBE=0406798006,APP 20240601-000000.p12", other_contents())
    person = Person()
    assert find(config, person).path == right
    assert len(person.said) == 2, person.said


def test_a_known_store_that_was_replaced_leads_on_to_the_person(config: Config, tmp_path: Path) -> None:
    known = put(config, "server.p12", other_contents())
    moved = tmp_path / "moved.p12"
    moved.write_bytes(pkcs12.write(full_contents(), PASSWORD, "legacy"))
    bad = ["~nobody-here/store.p12", "a\0b", str(tmp_path / "nothing.p12"), str(known), str(moved)]
    person = Person(paths=bad)
    assert find(config, person, known=str(known)).path == moved


def test_what_stood_in_the_way_is_told_in_the_end(config: Config) -> None:
    path = put(config, "server.p12", full_contents(), "another password 99")
    record_store(config, path, authentication_entry(full_contents()).certificate)
    with pytest.raises(StoreError) as refusal:
        find(config, Person())
    assert refusal.value.code == "password_wrong"


def test_a_national_number_in_a_file_name_is_not_shown(config: Config) -> None:
    path = put(config, "SSIN=85073003328 20240101-000000.p12", full_contents())
    person = Person()
    assert find(config, person, known=str(path)).path == path
    assert person.asked == ["SSIN=•• 20240101-000000.p12"]


def test_a_folder_that_may_not_be_looked_into_leads_to_the_person(config: Config, tmp_path: Path) -> None:
    """A share that is gone, or another user's folder: neither the known path nor the folder breaks off the search."""
    nowhere = Path(f"/{'x' * 300}")
    right = put(config, "elsewhere.p12", full_contents())
    person = Person(paths=[str(right)])
    finder = StoreFinder(replace(config, keystore_folder=nowhere), cast(Dialogue, person), Texts("en"))
    assert finder.find(wanted(), NAME, known=str(nowhere / "a.p12")).path == right
    with pytest.raises(StoreError, match="folder_not_writable"):
        private_folder(nowhere / "below")


def test_another_certificate_of_the_same_key_is_named_and_never_taken(config: Config) -> None:
    whole = full_contents()
    first, *others = whole.keys
    assert first.certificate is not None
    assert isinstance(first.key, rsa.RSAPrivateKey)
    begin = first.certificate.not_valid_before_utc
    older = (
        x509.CertificateBuilder()
        .subject_name(first.certificate.subject)
        .issuer_name(first.certificate.issuer)
        .public_key(first.key.public_key())
        .serial_number(7)
        .not_valid_before(begin - timedelta(days=1100))
        .not_valid_after(begin - timedelta(days=5))
        .sign(first.key, hashes.SHA256())
    )
    path = put(config, "other.p12", replace(whole, keys=(replace(first, certificate=older), *others)))
    person = Person(paths=[str(path)])
    finder = StoreFinder(config, cast(Dialogue, person), Texts("nl"))
    with pytest.raises(StoreError):
        finder.find(wanted(), NAME, key_identifier=public_key_identifier(first.key.public_key()))
    (said,) = [line for line in person.said if "dezelfde sleutel" in line]
    assert f"geëindigd op {older.not_valid_after_utc:%d/%m/%Y}" in said
