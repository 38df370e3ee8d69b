import os
import stat
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from agent import durable, pkcs12
from agent.errors import StoreError
from agent.pending import Pending, State, StoreFormat, unfinished
from agent.pkcs12 import Contents, KeyEntry
from agent.stores import contents as keystore
from agent.stores import files as store_files
from agent.stores.keys import PendingKey, check_delivered, new_key, open_pending
from agent.wire.pki.names import ehealth_dn, name_from_dn
from tests.agent.authority import make_authority
from tests.agent.stores.samples import full_contents, run

NOW = datetime.now(UTC)
DN = ehealth_dn("CBE", "0406798006", "Test", "APP")
JOB = "AAECAwQFBgcICQoLDA0ODw"
PASSWORD = "wolk trompet kade 71"


@pytest.fixture(scope="module")
def authority() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    return make_authority()


@pytest.fixture(scope="module")
def pending_key() -> PendingKey:
    return new_key(DN)


def _issue(
    authority: tuple[rsa.RSAPrivateKey, x509.Certificate],
    key: rsa.RSAPublicKey,
    *,
    dn: str = DN,
    days: int = 900,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name_from_dn(dn, printable=False))
        .issuer_name(authority[1].subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=10))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(authority[0], hashes.SHA256())
    )


@pytest.fixture(scope="module")
def store(authority: tuple[rsa.RSAPrivateKey, x509.Certificate], pending_key: PendingKey) -> Contents:
    leaf = _issue(authority, pending_key.key.public_key())
    return keystore.new_contents(pending_key.key, leaf, (authority[1],))


def _bytes(store: Contents, store_format: StoreFormat = "modern") -> bytes:
    return keystore.serialise(store, PASSWORD, store_format)


@pytest.mark.parametrize(
    ("store_format", "expected"),
    [
        ("modern", ["PBES2, PBKDF2, AES-256-CBC", "MAC: sha256"]),
        ("legacy", ["pbeWithSHA1And3-KeyTripleDES-CBC", "MAC: sha1"]),
    ],
)
def test_each_format_is_what_it_says(
    tmp_path: Path, store: Contents, store_format: StoreFormat, expected: list[str]
) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(_bytes(store, store_format))
    command = ["openssl", "pkcs12", "-in", str(file), "-info", "-nokeys", "-passin", "stdin", "-legacy"]
    shown = subprocess.run(command, input=PASSWORD.encode(), capture_output=True, check=True)
    text = (shown.stdout + shown.stderr).decode()
    for part in expected:
        assert part in text
    assert "friendlyName: authentication" in text


def test_a_store_opens_with_its_password_only(store: Contents) -> None:
    data = _bytes(store)
    assert keystore.open_store(data, PASSWORD).same_as(store)
    with pytest.raises(StoreError) as refused:
        keystore.open_store(data, "other")
    assert refused.value.code == "password_wrong"
    for broken in (b"", b"no store", data[:100]):
        with pytest.raises(StoreError) as unreadable:
            keystore.open_store(broken, PASSWORD)
        assert unreadable.value.code == "store_unreadable"


def test_installing_keeps_the_old_store_and_is_safe_to_repeat(tmp_path: Path, store: Contents) -> None:
    target = tmp_path / "stores" / "CBE=1 20260101-000000.p12"
    old = b"something that stood there"
    durable.private_folder(target.parent)
    target.write_bytes(old)
    backup = store_files.install(target, _bytes(store), store, password=PASSWORD, now=NOW)
    assert backup is not None
    assert backup.read_bytes() == old
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert store_files.install(target, _bytes(store), store, password=PASSWORD, now=NOW) is None
    assert len(list(target.parent.glob("*.p12*"))) == 2


def test_a_store_that_does_not_read_back_replaces_nothing(tmp_path: Path, store: Contents) -> None:
    target = tmp_path / "x.p12"
    target.write_bytes(b"old")
    other = replace(store, keys=(replace(store.keys[0], key=new_key(DN).key),))
    for data, expected in ((b"garbage", store), (_bytes(store), other)):
        with pytest.raises(StoreError):
            store_files.install(target, data, expected, password=PASSWORD, now=NOW)
        assert target.read_bytes() == b"old"


def test_a_full_or_forbidden_folder_is_said(tmp_path: Path, store: Contents) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError) as refused:
        store_files.install(blocked / "x.p12", _bytes(store), store, password=PASSWORD, now=NOW)
    assert refused.value.code == "folder_not_writable"


def test_a_password_change_keeps_a_backup_for_the_old_one(tmp_path: Path, store: Contents) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(_bytes(store))
    backup = store_files.change_password(file, PASSWORD, "nieuw wolk kade 9", store_format="legacy", now=NOW)
    assert backup is not None
    for path, password in ((file, "nieuw wolk kade 9"), (backup, PASSWORD)):
        assert keystore.open_store(path.read_bytes(), password).same_as(store)


@pytest.mark.parametrize("store_format", ["modern", "legacy"])
def test_a_password_change_keeps_every_entry(tmp_path: Path, store_format: StoreFormat) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    store_files.change_password(file, PASSWORD, "nieuw wolk kade 9", store_format=store_format, now=NOW)
    again = pkcs12.read(file.read_bytes(), "nieuw wolk kade 9")
    assert again.same_as(full_contents())
    assert again.protection == store_format
    assert keystore.authentication_entry(again).certificate == full_contents().keys[0].certificate
    tokens = keystore.encryption_entries(again)
    assert [entry.substance for entry in tokens] == [entry.substance for entry in full_contents().keys[1:]]


def test_another_format_under_the_same_password_is_really_written(tmp_path: Path, store: Contents) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(_bytes(store))
    for _ in range(2):
        store_files.change_password(file, PASSWORD, PASSWORD, store_format="legacy", now=NOW)
        assert pkcs12.read(file.read_bytes(), PASSWORD).protection == "legacy"
    assert len(list(tmp_path.glob("*.backup"))) == 1


def test_what_another_process_adds_meanwhile_is_kept(tmp_path: Path) -> None:
    """Two rewrites at once, each adding an encryption key: the second waits, and sees the first one's."""
    first, second, third = full_contents().keys
    file = tmp_path / "x.p12"
    file.write_bytes(pkcs12.write(replace(full_contents(), keys=(first,)), PASSWORD, "modern"))

    def add(entry: KeyEntry) -> None:
        def change(contents: Contents) -> Contents:
            return replace(contents, keys=(*contents.keys, entry))

        store_files.rewrite(file, PASSWORD, change, now=NOW)

    writers = [threading.Thread(target=add, args=[entry]) for entry in (second, third)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    kept = pkcs12.read(file.read_bytes(), PASSWORD)
    assert kept.same_as(full_contents())
    assert kept.protection == "modern"
    assert store_files.rewrite(file, PASSWORD, lambda same: same, now=NOW) is None
    assert len(list(tmp_path.glob("*.backup"))) == 2


def test_a_backup_that_a_crash_left_is_not_made_twice(tmp_path: Path, store: Contents) -> None:
    file = tmp_path / "x.p12"
    file.write_bytes(b"old")
    left = tmp_path / "x.p12.20260101-000000.backup"
    left.write_bytes(b"old")
    assert store_files.install(file, _bytes(store), store, password=PASSWORD, now=NOW) == left


def test_a_backup_is_a_dated_copy_that_was_opened(tmp_path: Path, store: Contents) -> None:
    file, folder = tmp_path / "x.p12", tmp_path / "elsewhere"
    file.write_bytes(_bytes(store))
    copy = store_files.back_up(file, folder, PASSWORD, now=NOW)
    os.link(copy, folder / f"{durable.TEMPORARY}{copy.name}-0")  # what a crash right after it leaves
    assert store_files.back_up(file, folder, PASSWORD, now=NOW) == copy
    assert sorted(path.name for path in folder.iterdir()) == [".ehportal.lock", copy.name]
    assert copy.read_bytes() == file.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert store_files.back_up(file, folder, PASSWORD, now=NOW + timedelta(days=1)) == copy
    file.write_bytes(_bytes(store, "legacy"))
    other = store_files.back_up(file, folder, PASSWORD, now=NOW)
    assert (other.name, copy.name) == (
        f"x.p12.{NOW:%Y%m%d-%H%M%S}-1.backup",
        f"x.p12.{NOW:%Y%m%d-%H%M%S}.backup",
    )
    with pytest.raises(StoreError) as refused:
        store_files.back_up(file, tmp_path / "third", "wrong", now=NOW)
    assert refused.value.code == "password_wrong"
    assert not (tmp_path / "third").exists()


def test_a_store_with_something_unknown_is_left_alone(tmp_path: Path) -> None:
    """A secret key as keytool keeps it: read, but never written again without it."""
    file = tmp_path / "x.p12"
    store: list[str | Path] = ["-keystore", file, "-storetype", "PKCS12", "-alias", "secret"]
    run(
        "keytool",
        "-genseckey",
        "-keyalg",
        "AES",
        "-keysize",
        "256",
        *store,
        given=f"{PASSWORD}\n{PASSWORD}\n",
    )
    before = file.read_bytes()
    assert pkcs12.read(before, PASSWORD).foreign == 1
    with pytest.raises(StoreError) as refused:
        store_files.change_password(file, PASSWORD, "x", store_format="modern", now=NOW)
    assert refused.value.code == "store_foreign_entries"
    assert file.read_bytes() == before


def test_a_key_with_anothers_certificate_is_not_used() -> None:
    first, second, _ = full_contents().keys
    wrong = pkcs12.Contents((replace(first, certificate=second.certificate),), ())
    with pytest.raises(StoreError) as refused:
        keystore.authentication_entry(pkcs12.read(pkcs12.write(wrong, PASSWORD, "modern"), PASSWORD))
    assert refused.value.code == "store_mismatched"


def test_no_more_is_read_than_a_store_can_have(tmp_path: Path) -> None:
    file = tmp_path / "x.p12"
    with file.open("wb") as large:
        large.truncate(5_000_000_000)
    with pytest.raises(StoreError) as refused:
        store_files.read_file(file)
    assert refused.value.code == "store_too_large"
    with pytest.raises(StoreError) as missing:
        store_files.read_file(tmp_path / "y.p12")
    assert missing.value.code == "store_missing"


def test_an_export_is_a_copy_in_another_format_and_overwrites_nothing(tmp_path: Path) -> None:
    file, copy = tmp_path / "x.p12", tmp_path / "copy.p12"
    original = pkcs12.write(full_contents(), PASSWORD, "modern")
    file.write_bytes(original)
    store_files.export(file, PASSWORD, store_format="legacy", to=copy)
    exported = pkcs12.read(copy.read_bytes(), PASSWORD)
    assert exported.protection == "legacy"
    assert exported.same_as(full_contents())
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    for taken in (copy, file):
        before = taken.read_bytes()
        with pytest.raises(StoreError) as refused:
            store_files.export(file, PASSWORD, store_format="modern", to=taken)
        assert refused.value.code == "file_exists"
        assert taken.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("*")) == [".ehportal.lock", "copy.p12", "x.p12"]


@pytest.mark.parametrize("links", [True, False])
def test_two_writers_of_a_new_file_cannot_overwrite_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(1, "this file system knows no links")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    durable.write_new(tmp_path / "a", b"first")
    with pytest.raises(StoreError) as refused:
        durable.write_new(tmp_path / "a", b"second")
    assert refused.value.code == "file_exists"
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


def test_a_pending_key_comes_back_with_its_name(pending_key: PendingKey) -> None:
    data = pending_key.serialise(PASSWORD, "legacy", now=NOW)
    again = open_pending(data, PASSWORD)
    assert again.key.private_numbers() == pending_key.key.private_numbers()
    assert again.dn == DN
    assert "PRIVATE" not in repr(again)


def test_only_the_right_certificate_is_taken(
    authority: tuple[rsa.RSAPrivateKey, x509.Certificate], pending_key: PendingKey
) -> None:
    public = pending_key.key.public_key()
    check_delivered(pending_key, [_issue(authority, public)], [authority[1]], now=NOW)
    other_authority = make_authority()
    other_dn = ehealth_dn("CBE", "0406798006", "Test", None)
    for chain, anchors, code in (
        ([], [authority[1]], "certificate_untrusted"),
        ([_issue(authority, new_key(DN).key.public_key())], [authority[1]], "certificate_other_key"),
        ([_issue(authority, public, dn=other_dn)], [authority[1]], "certificate_other_name"),
        ([_issue(authority, public, dn="CN=x,C=BE")], [authority[1]], "certificate_other_name"),
        ([_issue(authority, public)], [other_authority[1]], "certificate_untrusted"),
        ([_issue(authority, public)], [], "certificate_untrusted"),
        ([_issue(authority, public, days=-1)], [authority[1]], "certificate_untrusted"),
        ([_issue(authority, public), other_authority[1]], [other_authority[1]], "certificate_untrusted"),
    ):
        with pytest.raises(StoreError) as refused:
            check_delivered(pending_key, chain, anchors, now=NOW)
        assert refused.value.code == code


def test_a_leaf_is_no_authority(
    authority: tuple[rsa.RSAPrivateKey, x509.Certificate], pending_key: PendingKey
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    between = _issue(authority, key.public_key())
    leaf = _issue((key, between), pending_key.key.public_key())
    with pytest.raises(StoreError):
        check_delivered(pending_key, [leaf, between], [authority[1]], now=NOW)


def _state(stage: str = "key") -> State:
    return State(JOB, "https://x.example", stage, "production", "AZ", "modern", NOW)  # type: ignore[arg-type]  # a stage


def test_pending_work_is_private_complete_and_forgotten_in_order(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending", JOB)
    with pending.locked():
        pending.keep_key(b"key")
        assert pending.state() is None
        assert unfinished(tmp_path / "pending")[0].job_id == JOB
        state = pending.keep_signed(b"<x/>", _state())
        assert pending.state() == state
        assert stat.S_IMODE(pending.key_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(pending.folder.stat().st_mode) == 0o700
        state = pending.keep_sent(state)
        assert not pending.signed_file.exists()
        pending.forget()
        assert unfinished(tmp_path / "pending") == ()


def test_one_at_a_time(tmp_path: Path) -> None:
    first, second = (Pending(tmp_path / "pending", JOB) for _ in range(2))
    with first.locked(), pytest.raises(StoreError) as refused, second.locked():
        pass
    assert refused.value.code == "store_busy"
    with second.locked():
        assert second.state() is None


def test_what_a_crash_left_half_written_is_swept_but_only_ones_own(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending", JOB)
    durable.private_folder(pending.folder)
    own = durable.write_beside(pending.key_file, b"half")
    other = durable.write_beside(pending.folder / "other.json", b"half")
    with pending.locked():
        assert not own.exists()
        assert other.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}'])
def test_a_damaged_state_is_never_guessed_at(tmp_path: Path, text: str) -> None:
    pending = Pending(tmp_path, JOB)
    (tmp_path / f"{JOB}.json").write_text(text)
    with pytest.raises(StoreError) as refused:
        pending.state()
    assert refused.value.code == "pending_damaged"


def test_setting_aside_never_destroys_the_key(tmp_path: Path) -> None:
    pending = Pending(tmp_path, JOB)
    pending.keep_key(b"key")
    pending.keep(_state("sent"))
    aside = pending.set_aside(NOW)
    assert aside.read_bytes() == b"key"
    assert unfinished(tmp_path) == ()
