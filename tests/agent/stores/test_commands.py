"""`password`, `export`, `backup` and `verify` through the real command in a real terminal."""

import ast
import inspect
import re
import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import pkcs12
from agent.language import LANGUAGES, Texts, catalogue
from agent.pkcs12 import CertificateEntry, Contents
from agent.stores import verification
from agent.stores.contents import encryption_entries
from agent.stores.remembered import recorded
from agent.stores.verification import Verification
from agent.wire.jobs import Environment
from agent.wire.software import CODES, KINDS
from tests.agent.stores.samples import PASSWORD, contents_of, full_contents, other_contents
from tests.agent.workstation import Workstation, finish

FRESH = "vijver ladder 88 oker"
ASKED = "Password of the key store for"
NAME = "CBE=0406798006,APP 20260101-101500.p12"


@pytest.fixture
def store(workstation: Workstation) -> Path:
    workstation.keystores.mkdir(mode=0o700)
    file = workstation.keystores / NAME
    file.write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    file.chmod(0o600)
    return file


def _command(
    workstation: Workstation, *arguments: str | Path, answers: Sequence[tuple[str, str]]
) -> tuple[int, str]:
    terminal = workstation.spawn(*map(str, arguments), "--ui", "terminal")
    for prompt, reply in answers:
        terminal.expect_exact(prompt)
        terminal.sendline(reply)
    code, screen = finish(terminal)
    assert "Traceback" not in screen
    return code, " ".join(re.sub(r"\x1b\[[0-9;]*m|[│─╭╮╰╯]", " ", screen).split())


@pytest.mark.parametrize("store_format", ["modern", "legacy"])
def test_a_new_password_keeps_every_key_and_says_what_the_old_one_opens(
    workstation: Workstation, store: Path, store_format: str
) -> None:
    before = store.read_bytes()
    code, screen = _command(
        workstation,
        *("password", store, "--format", store_format),
        answers=[(ASKED, "wrong"), (ASKED, PASSWORD), ("New password: ", FRESH), ("again: ", FRESH)],
    )
    assert code == 0, screen
    assert "all kept: 3" in screen
    again = pkcs12.read(store.read_bytes(), FRESH)
    assert (again.same_as(full_contents()), again.protection) == (True, store_format)
    (backup,) = store.parent.glob("*.backup")
    assert backup.read_bytes() == before
    assert f"old password still opens the backup: {backup}" in screen
    assert PASSWORD not in screen
    assert FRESH not in screen


def test_a_lost_password_says_what_to_do_instead(workstation: Workstation, store: Path) -> None:
    before = store.read_bytes()
    code, screen = _command(workstation, "password", store, answers=[(ASKED, "lost")] * 3)
    assert code == 1
    assert "Nobody can recover a lost password" in screen
    assert "have the certificate revoked and request a new one" in screen
    assert store.read_bytes() == before
    assert _command(workstation, "password", store, answers=[(ASKED, "")])[0] == 4


@pytest.mark.parametrize("code", CODES)
def test_a_copy_for_each_software_has_the_format_it_opens(
    workstation: Workstation, store: Path, code: str
) -> None:
    before = store.read_bytes()
    ended, screen = _command(workstation, "export", store, "--for", code, answers=[(ASKED, PASSWORD)])
    assert ended == 0, screen
    copy = store.parent / f"export-{code}" / NAME
    again = pkcs12.read(copy.read_bytes(), PASSWORD)
    (kind,) = [kind for kind in KINDS if kind.code == code]
    assert (again.same_as(full_contents()), again.protection) == (True, kind.store_format)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert store.read_bytes() == before


def test_the_software_is_asked_and_nothing_is_overwritten(
    workstation: Workstation, store: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.p12"
    asked = ("Enter: none): ", "1")
    code, screen = _command(workstation, "export", store, "--to", target, answers=[asked, (ASKED, PASSWORD)])
    assert code == 0, screen
    assert "eHealth connector up to 4.0.2" not in screen.partition("Copy ready")[2]
    assert "Delete the copy" in screen
    before = target.read_bytes()
    assert pkcs12.read(before, PASSWORD).protection == "legacy"
    code, screen = _command(
        workstation, "export", store, "--for", "java", "--to", target, answers=[(ASKED, PASSWORD)]
    )
    assert (code, "There is a file already" in screen) == (1, True), screen
    assert target.read_bytes() == before
    assert _command(workstation, "export", store, answers=[("Enter: none): ", "q")])[0] == 4
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    code, _ = _command(
        workstation, "export", store, "--for", "java", "--to", folder, answers=[(ASKED, PASSWORD)]
    )
    assert (code, (folder / NAME).is_file()) == (0, True)


@pytest.mark.parametrize(
    ("inside", "given", "called"),
    [
        ("acceptance", "x.p12", "x.acc-p12"),
        ("acceptance", "x.PFX", "x.acc-p12"),
        ("acceptance", "store", "store.acc-p12"),
        ("acceptance", "x.acc-p12", "x.acc-p12"),
        ("production", "x.acc-p12", "x.p12"),
        ("production", "x.pfx", "x.pfx"),
    ],
)
def test_a_copy_is_called_after_its_environment(
    workstation: Workstation, store: Path, tmp_path: Path, inside: Environment, given: str, called: str
) -> None:
    store.write_bytes(pkcs12.write(contents_of(inside), PASSWORD, "modern"))
    code, screen = _command(
        workstation, "export", store, "--for", "java", "--to", tmp_path / given, answers=[(ASKED, PASSWORD)]
    )
    assert code == 0, screen
    assert (tmp_path / called).is_file()
    assert (tmp_path / given).is_file() == (given == called)
    assert (f"it is called {called}" in screen) == (given != called)
    assert f"{inside.upper()}, for" in screen or given == called


def test_a_copy_of_an_acceptance_store_by_its_name_stays_one(
    workstation: Workstation, store: Path, tmp_path: Path
) -> None:
    named = store.rename(store.with_suffix(".acc-p12"))
    target = tmp_path / "x.p12"
    code, screen = _command(
        workstation, "export", named, "--for", "java", "--to", target, answers=[(ASKED, PASSWORD)]
    )
    assert (code, target.exists(), (tmp_path / "x.acc-p12").is_file()) == (0, False, True), screen


def test_a_backup_is_opened_before_it_counts(workstation: Workstation, store: Path, tmp_path: Path) -> None:
    code, screen = _command(workstation, "backup", store, answers=[(ASKED, PASSWORD)])
    assert code == 0, screen
    (copy,) = (store.parent / "backup").glob("*.backup")
    assert copy.read_bytes() == store.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "same disk" in screen
    store.write_bytes(b"0\x80")
    code, screen = _command(workstation, "backup", store, tmp_path / "b", answers=[(ASKED, PASSWORD)])
    assert (code, "cannot be read" in screen) == (1, True), screen
    assert not (tmp_path / "b").exists()


def test_a_good_store_is_called_good(workstation: Workstation, store: Path) -> None:
    code, screen = _command(workstation, "verify", store, answers=[(ASKED, PASSWORD)])
    assert code == 0, screen
    assert "✗" not in screen
    for part in ("opens, with 3 key(s)", "Strongly encrypted", "CBE=0406798006, APP belong together"):
        assert part in screen
    assert "complete up to the root Test Issuing CA" in screen
    for entry in encryption_entries(full_contents()):
        assert f"Encryption key {entry.alias}, valid until" in screen
    store.chmod(0o644)
    code, screen = _command(workstation, "verify", store, answers=[(ASKED, PASSWORD)])
    assert (code, "Others can read the file" in screen) == (1, True), screen


def _found(contents: Contents, name: str = NAME, *, days: int = 0, language: str = "en") -> dict[str, str]:
    path = Path(__file__).parent / name
    now = datetime.now(UTC) + timedelta(days=days)
    findings = [
        finding
        for finding in Verification(Texts(language), path, contents, now=now).examine()
        if finding.key not in ("file_open", "folder_open")
    ]
    for finding in findings:
        assert (finding.level == "ok") == (finding.next_step == ""), finding
    return {finding.key: finding.level for finding in findings}


@pytest.fixture(autouse=True)
def _rights_are_not_looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pure checks name a file that is not there."""
    if "workstation" not in request.fixturenames:
        monkeypatch.setattr(verification, "is_private", lambda path: True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_wrong_is_named(language: str) -> None:
    store, other = full_contents(), other_contents()
    first, second, third = store.keys
    cases: list[tuple[Contents, str, str]] = [
        (replace(store, keys=(replace(first, certificate=second.certificate),)), "mismatched", "fail"),
        (replace(store, keys=(replace(first, certificate=None),)), "authentication_bare", "fail"),
        (replace(store, keys=(second,)), "no_authentication", "fail"),
        (replace(store, keys=(replace(first, alias="mykey"), second)), "authentication_alias", "note"),
        (replace(store, keys=(first,)), "no_encryption", "note"),
        (replace(store, keys=(first, replace(second, certificate=None))), "bare", "note"),
        (replace(store, keys=(first, replace(second, certificate=third.certificate))), "mismatched", "fail"),
        (replace(store, keys=(first, replace(other.keys[0], alias="old"))), "other_key", "note"),
        (replace(store, keys=(*store.keys, second)), "alias_twice", "fail"),
        (replace(store, certificates=()), "chain_missing", "note"),
        (replace(store, certificates=other.certificates), "chain_false", "fail"),
        (
            replace(store, certificates=(replace(store.certificates[0], alias="ca"),)),
            "authority_alias",
            "note",
        ),
        (replace(store, foreign=2), "foreign", "note"),
    ]
    for contents, key, level in cases:
        assert _found(contents, language=language).get(key) == level, key
    ends = {-10: ("too_early", "fail"), 0: ("authentication", "ok"), 850: ("ends_soon", "note")}
    for days, (key, level) in {**ends, 901: ("ended", "fail")}.items():
        assert _found(store, days=days, language=language).get(key) == level
    assert _found(store, days=901, language=language)["encryption_ended"] == "ok"
    assert _found(store, days=901, language=language)["chain_ended"] == "note"
    assert _found(store, "CBE=0809394427 20260101-101500.p12", language=language)["file_name"] == "note"
    assert "file_name" not in _found(store, "renamed.p12", language=language)
    inside: Environment
    for inside, name in (("acceptance", NAME), ("production", NAME.replace(".p12", ".acc-p12"))):
        told = {key for key in _found(contents_of(inside), name, language=language) if "misnamed" in key}
        assert told == {f"misnamed_{inside}"}
        other_name = NAME.replace(".p12", ".acc-p12") if name == NAME else NAME
        assert "note" not in _found(contents_of(inside), other_name, language=language).values()


def test_aliases_that_java_made_lower_case_are_no_trouble() -> None:
    store = full_contents()
    lower = tuple(CertificateEntry(entry.alias.lower(), entry.certificate) for entry in store.certificates)
    assert set(_found(replace(store, certificates=lower)).values()) == {"ok"}


def test_every_finding_and_every_software_has_its_words() -> None:
    english = catalogue("en")
    assert {f"package.{code}" for code in CODES} <= set(english)
    for call in ast.walk(ast.parse(inspect.getsource(verification))):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("self._ok", "self._told"):
            keys = {c.value for c in ast.walk(call.args[0]) if isinstance(c, ast.Constant)}
            told = call.func.attr == "_told" if isinstance(call.func, ast.Attribute) else False
            for key in map(str, keys - {"format_"}):
                assert f"verify.{key}" in english
                assert not told or f"verify.{key}_next" in english, key


def test_an_opened_store_is_remembered(
    workstation: Workstation, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.config import load_config

    monkeypatch.setenv("EHPORTAL_AGENT_HOME", str(workstation.home))
    assert recorded(load_config(), store) is None
    assert _command(workstation, "verify", store, answers=[(ASKED, PASSWORD)])[0] == 0
    record, first = recorded(load_config(), store), full_contents().keys[0].certificate
    assert record is not None
    assert first is not None
    assert record.not_after == first.not_valid_after_utc
    assert PASSWORD not in (workstation.home / "stores.json").read_text()
