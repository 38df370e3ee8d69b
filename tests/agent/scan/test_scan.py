"""Finding key stores, telling what they are, and reporting only what the person saw and agreed to."""

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import pkcs12
from agent.errors import StoreError
from agent.language import Texts
from agent.scan import search as scan_module
from agent.scan.found import FoundStore, copies, duplicates, opened
from agent.scan.report import ScanPage, report_lines, report_of
from agent.scan.search import scan
from agent.wire.jobs import Environment
from agent.wire.limits import MAX_REPORT_BYTES
from agent.wire.link.installations import InstallationReport
from tests.agent.scan.samples import ASKED, ORGANISATION, PERSON, SSIN
from tests.agent.scan.test_command import _screen
from tests.agent.stores.samples import (
    PASSWORD,
    bouncy_castle_store,
    contents_of,
    full_contents,
    other_contents,
)
from tests.agent.workstation import Workstation, finish


def _by_name(stores: tuple[FoundStore, ...]) -> dict[str, FoundStore]:
    return {store.path.name: store for store in stores}


def test_stores_are_found_by_name_and_by_content(folder: Path) -> None:
    found = scan([folder])
    stores = _by_name(found.stores)
    backup = f"{PERSON}.20260301-120000.backup"
    assert set(stores) == {PERSON, "copy.PFX", "no name at all", backup, ORGANISATION, "notes.p12"}
    assert [name for name, store in stores.items() if not store.is_store] == ["notes.p12"]
    assert [name for name, store in stores.items() if not store.is_private] == ["copy.PFX"]
    assert [name for name, store in stores.items() if store.is_backup] == [backup]
    assert {name for name, store in stores.items() if store.environment == "acceptance"} == {ORGANISATION}
    assert (
        stores[PERSON].estimated_end
        == stores[backup].estimated_end
        == datetime(2023, 8, 27, 14, 46, 21, tzinfo=UTC)
    )
    assert stores["copy.PFX"].end is None
    assert stores[PERSON].is_estimated
    assert found.is_complete
    assert found.folders == (folder,)


def test_what_other_software_writes_is_found_by_its_content(tmp_path: Path) -> None:
    places = tmp_path / "places"
    places.mkdir()
    (places / "a").write_bytes(bouncy_castle_store(tmp_path))
    key, certificate = places / "key.pem", places / "certificate.pem"
    subject = ["-subj", "/CN=x", "-newkey", "rsa:2048", "-keyout", str(key), "-out", str(certificate)]
    quiet = {"check": True, "capture_output": True}
    subprocess.run(["openssl", "req", "-x509", "-noenc", *subject], **quiet)  # type: ignore[call-overload]  # shared keywords
    written = ["-inkey", str(key), "-in", str(certificate), "-out", str(places / "b"), "-passout", "pass:x"]
    subprocess.run(["openssl", "pkcs12", "-export", *written], **quiet)  # type: ignore[call-overload]  # shared keywords
    assert [store.path.name for store in scan([places]).stores if store.is_store] == ["a", "b"]


def test_twins_and_copies_of_a_key(folder: Path) -> None:
    stores = scan([folder]).stores
    (twins,) = duplicates(stores)
    assert {store.path.name for store in twins} == {PERSON, "copy.PFX"}
    assert copies(stores) == ()
    facts = {store.path.name: store for store in stores}
    contents = {PERSON: full_contents(), "no name at all": full_contents(), ORGANISATION: other_contents()}
    read = tuple(opened(facts[name], held) for name, held in contents.items())
    (same,) = copies(read)
    assert {store.path.name for store in same} == {PERSON, "no name at all"}
    remembered = replace(facts["copy.PFX"], fingerprint=read[0].fingerprint, digest="x")
    (same,) = copies((*read, remembered))
    assert len(same) == 3
    end = read[0].certificate.not_after if read[0].certificate else None
    assert (read[0].end, read[0].is_estimated, read[0].encryption_keys) == (end, False, 2)
    bare = pkcs12.Contents(full_contents().keys[1:], ())
    assert (opened(facts[PERSON], bare).certificate, opened(facts[PERSON], bare).encryption_keys) == (None, 2)


def test_links_are_followed_once_and_loops_end(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "below").mkdir(parents=True)
    (outside / "x.p12").write_bytes((folder / PERSON).read_bytes())
    (outside / "below" / "back").symlink_to(folder)
    (outside / "below" / "again").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "to deep").symlink_to(folder / "deep")
    (folder / "to person.p12").symlink_to(folder / PERSON)
    (folder / "round").symlink_to(folder / "round")
    (folder / "nothing").symlink_to(outside / "absent")
    (folder / "away").symlink_to(outside)
    (folder / "twin.p12").symlink_to(outside / "x.p12")
    os.mkfifo(folder / "pipe.p12")
    (folder / "to pipe.p12").symlink_to(folder / "pipe.p12")
    found = scan([folder, folder / "deep", folder])
    paths = [store.path for store in found.stores]
    assert len(paths) == len(set(paths)) == 7
    assert {path for path in paths if path.name in ("x.p12", "twin.p12")} == {folder / "away" / "x.p12"}
    assert folder / "deep" / "copy.PFX" in paths
    assert (found.is_complete, found.skipped) == (True, ())
    assert [store.path.name for store in scan([folder / "away"]).stores].count("x.p12") == 1


def test_a_store_behind_a_link_keeps_its_place_and_what_its_names_tell(folder: Path, tmp_path: Path) -> None:
    (folder / "current").symlink_to(tmp_path / ORGANISATION)
    (folder / ORGANISATION).rename(tmp_path / ORGANISATION)
    (tmp_path / ORGANISATION).chmod(0o644)
    found = scan([folder])
    store = _by_name(found.stores)["current"]
    assert (store.path, store.environment, store.is_private) == (folder / "current", "acceptance", False)
    assert store.estimated_end == datetime(2029, 1, 1, 10, 15, 0, tzinfo=UTC)
    assert found.is_complete
    report = report_of(found, machine="pc", package=None)
    assert str(folder / "current") in [installation.path for installation in report.installations]


def test_what_a_link_hides_makes_the_scan_incomplete_and_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = tmp_path / "pending"
    pending.mkdir()
    (pending / "x.pending.p12").write_bytes((folder / PERSON).read_bytes())
    (folder / "to pending").symlink_to(pending)
    assert scan([folder], excluded=[pending]).is_complete
    (folder / "above").symlink_to(tmp_path)
    (folder / "gone.p12").symlink_to(tmp_path / "on a disk that is not there.p12")
    (folder / "system").symlink_to("/proc/self")
    (folder / "system.p12").symlink_to("/proc/self/environ")
    found = scan([folder], excluded=[pending])
    assert {path.name for path in found.skipped} == {"above", "gone.p12", "system", "system.p12"}
    assert not report_of(found, machine="pc", package=None).complete
    page = "\n".join(ScanPage(Texts("en"), found, datetime.now(UTC)).lines())
    assert f"Not looked at (no rights, too deep, or a link that leads elsewhere): {folder / 'above'}" in page
    for name in ("above", "gone.p12", "system", "system.p12"):
        (folder / name).unlink()
    (tmp_path / "deep").mkdir()
    (folder / "deep" / "er" / "most").symlink_to(tmp_path / "deep")
    monkeypatch.setattr(scan_module, "MAXIMUM_DEPTH", 3)
    assert scan([folder], excluded=[pending]).skipped == (folder / "deep" / "er" / "most",)


def test_a_scan_is_bounded_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scan([folder], seconds=-1).cut_short
    for name, value in (("MAXIMUM_ENTRIES", 3), ("MAX_INSTALLATIONS", 2)):
        monkeypatch.setattr(scan_module, name, value)
        found = scan([folder])
        assert (found.cut_short, found.is_complete) == (True, False)
        monkeypatch.undo()
    monkeypatch.setattr(scan_module, "MAXIMUM_DEPTH", 2)
    shallow = scan([folder])
    assert shallow.skipped == (folder / "deep" / "er",)
    assert not shallow.is_complete
    monkeypatch.undo()
    assert scan([folder], excluded=[folder / "deep"]).is_complete
    with pytest.raises(StoreError) as missing:
        scan([folder / "absent"])
    assert missing.value.code == "folder_missing"


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x.p12").open("wb") as large:
        large.truncate(3_000_000_000)
    (store,) = scan([tmp_path]).stores
    assert not store.is_store


def test_a_scan_in_words_masks_national_numbers(folder: Path) -> None:
    found = scan([folder])
    page = "\n".join(ScanPage(Texts("en"), found, datetime.now(UTC)).lines())
    assert SSIN not in page
    assert "SSIN=•• 20200827-144621.p12: by its name probably until 27/08/2023; ENDED" in page
    assert f"{ORGANISATION}: ACCEPTANCE; " in page
    assert "notes.p12 is named like a key store, but is none" in page
    assert page.count("Others can read this file") == 1
    assert "The same file: " in page
    assert f"Key stores found: 5. Searched: {folder}" in page


def test_a_report_holds_public_facts_and_stays_within_its_bounds(folder: Path) -> None:
    found = scan([folder])
    stores = tuple(
        opened(store, full_contents()) if store.path.name == PERSON else store for store in found.stores
    )
    report = report_of(replace(found, stores=stores), machine=f"pc {SSIN}", package="Care Suite")
    assert InstallationReport.from_json(json.dumps(report.to_json()).encode()) == report
    assert SSIN not in json.dumps(report.to_json())
    assert report.machine == "pc ••"
    names = [Path(installation.path).name for installation in report.installations]
    assert sorted(names) == sorted(
        ["SSIN=•• 20200827-144621.p12", "copy.PFX", "no name at all", ORGANISATION]
    )
    assert {installation.package for installation in report.installations} == {"Care Suite"}
    assert report.complete
    alike = [replace(stores[0], path=folder / f"{number}.p12") for number in (SSIN, "93051822361")]
    masked = report_of(replace(found, stores=tuple(alike)), machine="pc", package=None)
    assert [Path(installation.path).name for installation in masked.installations] == ["••.p12", "••.p12 (2)"]
    odd = replace(stores[0], path=folder / ("é\x1b\n\udcff\ufffe" + "ü" * 900 + ".p12"))
    (one,) = report_of(replace(found, stores=(odd,)), machine="\n", package=None).installations
    assert InstallationReport.from_json(
        report_of(replace(found, stores=(odd,)), machine="\n", package=None).to_json()
    ).installations == (one,)
    many = tuple(replace(stores[0], path=folder / f"{'ü' * 400}{number}.p12") for number in range(300))
    large = report_of(replace(found, stores=many), machine="pc", package="é" * 200)
    assert (large.complete, 0 < len(large.installations) < 300) == (False, True)
    assert len(json.dumps(large.to_json())) < MAX_REPORT_BYTES


@pytest.mark.parametrize(
    ("inside", "name", "better"),
    [("acceptance", PERSON, PERSON.replace(".p12", ".acc-p12")), ("production", ORGANISATION, "")],
)
def test_the_certificate_tells_the_environment_and_not_the_name(
    tmp_path: Path, inside: Environment, name: str, better: str
) -> None:
    (tmp_path / name).write_bytes(pkcs12.write(contents_of(inside), PASSWORD, "modern"))
    (store,) = scan([tmp_path]).stores
    outside: Environment = "production" if inside == "acceptance" else "acceptance"
    assert (store.environment, store.better_name) == (outside, "")
    store = opened(store, contents_of(inside))
    better = better or name.replace(".acc-p12", ".p12")
    assert (store.environment, store.better_name) == (inside, better)
    found = replace(scan([tmp_path]), stores=(store,))
    page = "\n".join(ScanPage(Texts("en"), found, datetime.now(UTC)).lines())
    assert f"Call it {better.replace(SSIN, '••')}" in page
    assert (f"{inside.upper()}" in page, "✓" in page) == (True, False)
    report = report_of(found, machine="pc", package=None)
    assert report.installations[0].environment == inside
    assert "by its name" not in "\n".join(report_lines(report, Texts("en")))
    closed = report_of(scan([tmp_path]), machine="pc", package=None)
    lines = "\n".join(report_lines(closed, Texts("en")))
    assert f"{Texts('en')(f'consent.environment.{outside}')}, by its name" in lines


def test_the_environment_is_remembered_with_the_end(workstation: Workstation) -> None:
    workstation.keystores.mkdir(mode=0o700)
    (workstation.keystores / PERSON).write_bytes(pkcs12.write(contents_of("acceptance"), PASSWORD, "modern"))
    terminal = workstation.spawn("scan", str(workstation.keystores), "--open", "--ui", "terminal")
    terminal.expect_exact(ASKED)
    terminal.sendline(PASSWORD)
    assert finish(terminal)[0] == 0
    code, screen = finish(workstation.spawn("scan", str(workstation.keystores), "--ui", "terminal"))
    assert (code, "ACCEPTANCE; valid until" in _screen(screen)) == (0, True), screen
