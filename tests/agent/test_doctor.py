"""The doctor tells one trouble from another, each with what to do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import pkcs12
from agent.doctor import Doctor
from agent.findings import Finding
from agent.language import LANGUAGES, Texts
from agent.wire.days import written_day
from tests.agent.counterpart import Counterpart
from tests.agent.stores.samples import full_contents
from tests.agent.workstation import PASSWORD, Workstation
from tests.support.cards import CitizenPki
from tests.support.sandbox import SandboxProcess


def _examine(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch, **choices: object
) -> dict[str, Finding]:
    for name, value in workstation.environment.items():
        monkeypatch.setenv(name, value)
    language = str(choices.get("language", "en"))
    password = choices.get("password")
    ask = (lambda _: str(password)) if password else None
    now = datetime.now(UTC) + timedelta(days=int(str(choices.get("days", 0))))
    findings = list(Doctor(Texts(language), ask_password=ask).examine(now=now))
    for finding in findings:
        assert finding.text
        assert (finding.level == "ok") == (finding.next_step == ""), finding
    return {finding.key: finding for finding in findings}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_is_well(enrolled: Workstation, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    found = _examine(enrolled, monkeypatch, language=language)
    good = {"configuration", "server", "clock", "enrolment", "middleware", "reader", "card", "pending_none"}
    good |= {"certificate_authentication", "certificate_signature"}
    assert good <= set(found)
    assert {found[key].level for key in good} == {"ok"}
    assert "java" in found or "java_present" in found


def test_server_gone_clock_wrong_device_withdrawn(
    enrolled: Workstation, server: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.clock_offset = timedelta(seconds=60)
    assert _examine(enrolled, monkeypatch)["clock_wrong"].level == "note"
    server.clock_offset = timedelta(minutes=-8)
    found = _examine(enrolled, monkeypatch)
    assert found["clock_wrong"].level == "fail"
    server.clock_offset = timedelta()
    server.devices.clear()
    assert "enrolment:device_unknown" in _examine(enrolled, monkeypatch)
    monkeypatch.setattr("agent.portal.client.RETRY_PAUSES", ())
    server.close()
    assert "server:server_unreachable" in _examine(enrolled, monkeypatch)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ("", "middleware:middleware_missing"),
        ('[card]\nmodules = ["{open}"]\n', "middleware:module_not_allowed"),
        ('[card]\nmodules = ["{file}"]\n', "card:middleware_broken"),
        ('[card]\nmodules = ["relative.so"]\n', "configuration:config_invalid"),
        ("[surprise]\nx = 1\n", "configuration:config_invalid"),
        ("[card]\nmodules = 1\n", "configuration:config_invalid"),
        ("no toml", "configuration:config_invalid"),
    ],
)
def test_middleware_and_settings(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch, settings: str, key: str
) -> None:
    monkeypatch.setattr("agent.config.OFFICIAL_MODULES", {})
    file, writable = workstation.configuration / "file.so", workstation.configuration / "open.so"
    for path in (file, writable):
        path.write_text("no library")
    file.chmod(0o644)
    writable.chmod(0o666)
    (workstation.home / "agent.toml").write_text(
        settings.replace("{file}", str(file)).replace("{open}", str(writable))
    )
    found = _examine(workstation, monkeypatch)
    assert found[key].level == "fail"


def test_settings_that_others_can_write_are_refused(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = workstation.home / "agent.toml"
    file.chmod(0o666)
    assert "configuration:config_unsafe" in _examine(workstation, monkeypatch)


def test_readers_and_cards(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch, citizen_pki: CitizenPki, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.conf"
    (tmp_path / "none").mkdir()
    empty.write_text(f"directories.tokendir = {tmp_path}/none\n")
    workstation.environment["SOFTHSM2_CONF"] = str(empty)
    assert "card:no_card" in _examine(workstation, monkeypatch)
    workstation.insert(tmp_path / "old", citizen_pki.card(algorithm="p384", expired=True))
    found = _examine(workstation, monkeypatch)
    assert {"authentication:authentication_expired", "signature:signature_expired"} <= set(found)
    workstation.insert(tmp_path / "child", citizen_pki.card(algorithm="p384", non_repudiation=False))
    assert "signature:not_a_signature_certificate" in _examine(workstation, monkeypatch)


def test_stores_rights_and_ends(
    enrolled: Workstation, server: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert enrolled.run(server.add_job().id)[0] == 0
    found = _examine(enrolled, monkeypatch)
    (end,) = [
        written_day(r.certificate.not_valid_after_utc) for r in server.requests.values() if r.certificate
    ]
    assert end in found["store_real"].text
    (enrolled.home / "stores.json").unlink()
    found = _examine(enrolled, monkeypatch)
    assert "probably" in found["store_estimated"].text
    opened = _examine(enrolled, monkeypatch, password=PASSWORD)
    assert end in opened["store_opened"].text
    assert opened["no_encryption"].level == "note"
    (store,) = enrolled.stores
    wrong = _examine(enrolled, monkeypatch, password="wrong")
    assert {"store_estimated", f"store:{store.name}:password_wrong"} <= set(wrong)
    assert "store_ended" in _examine(enrolled, monkeypatch, days=1200)
    store.chmod(0o644)
    assert "store_open" in _examine(enrolled, monkeypatch)
    store.chmod(0o600)
    store.rename(store.with_name("renamed.p12"))
    assert "store_unnamed" in _examine(enrolled, monkeypatch)
    enrolled.keystores.chmod(0o755)
    assert "folder_open" in _examine(enrolled, monkeypatch)


def test_odd_things_in_the_folder_are_passed_over(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation.keystores.mkdir(mode=0o700)
    (workstation.keystores / "old.p12").mkdir(mode=0o700)
    (workstation.keystores / "gone.p12").symlink_to(workstation.keystores / "nowhere")
    assert "pending_none" in _examine(workstation, monkeypatch)
    settings = workstation.home / "agent.toml"
    settings.write_text(settings.read_text().replace(str(workstation.keystores), f"/{'x' * 300}"))
    assert "folder_none" in _examine(workstation, monkeypatch), "one that may not be looked into either"


def test_a_store_with_several_keys_is_told_in_one_line_and_by_its_faults(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation.keystores.mkdir(mode=0o700)
    file = workstation.keystores / "CBE=0406798006,APP 20260101-101500.p12"
    contents = full_contents()
    for keys, faults in ((contents.keys, set()), ((*contents.keys, contents.keys[1]), {"alias_twice"})):
        file.write_bytes(pkcs12.write(replace(contents, keys=keys), PASSWORD, "modern"))
        file.chmod(0o600)
        found = _examine(workstation, monkeypatch, password=PASSWORD)
        assert "with 2 encryption key(s)" in found["store_opened"].text or faults
        assert {"alias_twice"} & set(found) == faults


def test_pending_work_is_named(workstation: Workstation, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = workstation.home / "pending"
    folder.mkdir(mode=0o700)
    job = "AAECAwQFBgcICQoLDA0ODw"
    (folder / f"{job}.pending.p12").write_bytes(b"x")
    assert job in _examine(workstation, monkeypatch)["pending"].next_step
    (folder / f"{job}.json").write_text("{")
    assert "pending:pending_damaged" in _examine(workstation, monkeypatch)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.mark.parametrize("revoked", [None, "signature"])
def test_revocation_is_asked_of_the_authority(
    workstation: Workstation,
    monkeypatch: pytest.MonkeyPatch,
    authority: SandboxProcess,
    tmp_path: Path,
    revoked: str | None,
) -> None:
    from deploy.sandbox.authorities.cards import make_card

    card = make_card(
        authority.state,
        tmp_path / "sandbox-card",
        ssin="85073003328",
        first_names="An Marie",
        surname="Peeters",
        algorithm="p384",
        revoked=revoked,
    )
    workstation.environment["SOFTHSM2_CONF"] = str(card.configuration)
    found = _examine(workstation, monkeypatch)
    assert "card" in found, json.dumps({key: finding.text for key, finding in found.items()})
    assert "status_good" in found
    assert ("status_signature:card_revoked" in found) == (revoked is not None)
