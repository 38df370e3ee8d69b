"""Every cause of "invalid signature of the identity card" is told apart: card, reader, or middleware."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.card.doctor import Trial
from agent.card.eid import CardReader, Purpose
from agent.doctor import Doctor
from agent.findings import Finding
from agent.language import LANGUAGES, Texts
from deploy.sandbox.authorities.cards import make_card
from deploy.sandbox.authorities.revocation import revoke
from deploy.sandbox.state.store import Store
from tests.agent.workstation import Workstation
from tests.support.cards import PIN, CitizenPki, SoftwareCard
from tests.support.pin_dialog import Person
from tests.support.sandbox import SandboxProcess


def _examine(
    workstation: Workstation,
    monkeypatch: pytest.MonkeyPatch,
    *,
    pin: str | None = None,
    agrees: bool = False,
    language: str = "en",
) -> tuple[dict[str, Finding], list[Purpose]]:
    """The findings, and for which keys a PIN was asked; `pin` empty cancels, None makes no test signature.

    `agrees` is what the person says to a test signature with the Signature key.
    """
    for name, value in workstation.environment.items():
        monkeypatch.setenv(name, value)
    asked: list[Purpose] = []

    def ask(purpose: Purpose) -> str | None:
        asked.append(purpose)
        return pin or None

    trial = Trial(ask, lambda question: agrees, lambda text: None) if pin is not None else None
    doctor = Doctor(Texts(language), trial=trial)
    findings = list(doctor.examine(now=datetime.now(UTC)))
    return {finding.key: finding for finding in findings}, asked


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_a_good_card_signs_a_test(
    tmp_path: Path, citizen_pki: CitizenPki, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    workstation = Workstation.make(tmp_path, card)
    found, asked = _examine(workstation, monkeypatch, pin=PIN)
    assert found["test_good"].level == "ok"
    assert asked == ["Authentication"], "the Signature key only where the person agrees"
    found, asked = _examine(workstation, monkeypatch, pin=PIN, agrees=True)
    assert (found["test_good"].level, found["test_signature_good"].level) == ("ok", "ok")
    assert asked == ["Authentication", "Signature"]
    found, asked = _examine(workstation, monkeypatch)
    assert asked == []
    assert not [key for key in found if key.startswith("test")]


def test_a_test_that_was_cancelled_or_mistyped(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _examine(workstation, monkeypatch, pin="")[0]["test_cancelled"].level == "note"
    assert _examine(workstation, monkeypatch, pin="9999")[0]["test:pin_incorrect"].level == "fail"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("label", ["Signature", "Authentication"])
def test_a_missing_certificate_is_the_municipalitys(
    tmp_path: Path,
    workstation: Workstation,
    an: SoftwareCard,
    monkeypatch: pytest.MonkeyPatch,
    label: str,
    language: str,
) -> None:
    token = an.write_token(tmp_path / "lacking", without=(label,))
    workstation.environment["SOFTHSM2_CONF"] = str(token)
    found, _ = _examine(workstation, monkeypatch, language=language)
    finding = found[f"card:{label.lower()}_certificate_missing"]
    assert finding.level == "fail"
    words = {"nl": "gemeente", "fr": "commune", "de": "Gemeinde", "en": "municipality"}
    assert words[language] in finding.next_step
    assert "card:card_incomplete" not in found


def test_without_non_repudiation_and_expired(
    tmp_path: Path, workstation: Workstation, citizen_pki: CitizenPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation.insert(tmp_path / "child", citizen_pki.card(algorithm="p384", non_repudiation=False))
    found, _ = _examine(workstation, monkeypatch, pin=PIN)
    assert "municipality" in found["signature:not_a_signature_certificate"].next_step
    assert found["test_good"].level == "ok", "the reader is not to blame"
    workstation.insert(tmp_path / "old", citizen_pki.card(algorithm="p384", expired=True))
    for language in LANGUAGES:
        found, _ = _examine(workstation, monkeypatch, language=language)
        expired = [found[f"{label}:{label}_expired"] for label in ("authentication", "signature")]
        assert len({finding.text for finding in expired}) == 2, "each names which certificate ended"
        assert all(re.search(r"\d\d/\d\d/\d{4}", finding.text) for finding in expired)
    found, _ = _examine(workstation, monkeypatch)
    assert "municipality" in found["signature:signature_expired"].next_step


MESSAGE = "Ongeldige handtekening identiteitskaart"
IN_OTHER_WORDS = {
    "nl": MESSAGE,
    "fr": "Signature non valable de la carte d’identité",
    "de": "Ungültige Unterschrift des Personalausweises",
    "en": "invalid signature of the identity card",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_of_the_official_application_is_named_with_its_cause(
    tmp_path: Path,
    workstation: Workstation,
    an: SoftwareCard,
    citizen_pki: CitizenPki,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    def told() -> Finding:
        found, _ = _examine(workstation, monkeypatch, language=language)
        [one] = [finding for finding in found.values() if MESSAGE in finding.text]
        assert IN_OTHER_WORDS[language] in one.text
        return one

    assert (told().key, told().level) == ("message_unknown", "note")
    monkeypatch.setattr("agent.card.doctor.certificate_status", lambda *given, now: "good")
    assert (told().key, told().level) == ("message_reader", "ok")
    monkeypatch.setattr("agent.card.doctor.certificate_status", lambda *given, now: "suspended")
    assert (told().key, told().level) == ("message_card", "note")
    workstation.insert(tmp_path / "child", citizen_pki.card(algorithm="p384", non_repudiation=False))
    monkeypatch.setattr("agent.card.doctor.certificate_status", lambda *given, now: "good")
    assert told().key == "message_card"
    token = an.write_token(tmp_path / "lacking", without=("Signature",))
    workstation.environment["SOFTHSM2_CONF"] = str(token)
    assert told().key == "card:signature_certificate_missing"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.mark.parametrize(
    ("reason", "key"),
    [("certificateHold", "suspended_signature"), ("cessationOfOperation", "status_signature:card_revoked")],
)
def test_suspended_is_told_from_revoked(
    tmp_path: Path,
    workstation: Workstation,
    authority: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
    key: str,
) -> None:
    made = make_card(
        authority.state,
        tmp_path / "card-of-the-sandbox",
        ssin="85073003328",
        first_names="An Marie",
        surname="Peeters",
        algorithm="p384",
    )
    workstation.environment["SOFTHSM2_CONF"] = str(made.configuration)
    found, _ = _examine(workstation, monkeypatch)
    assert key not in found
    with CardReader(Path(_module(workstation))) as reader:
        serial = f"{reader.card().signature.serial_number:x}"
    assert revoke(Store(authority.state), "citizen-ca", serial, reason, datetime.now(UTC))
    found, _ = _examine(workstation, monkeypatch)
    assert found[key].level == "fail"
    assert "municipality" in found[key].next_step
    assert "status_good" in found, "the Authentication certificate is still good"


def _module(workstation: Workstation) -> str:
    from tests.support.cards import MODULE

    assert MODULE in (workstation.home / "agent.toml").read_text()
    return MODULE


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_a_reader_that_spoils_signatures_is_the_readers_fault(
    tmp_path: Path,
    citizen_pki: CitizenPki,
    module: Path,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    algorithm: str,
) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    desk = Workstation.make(tmp_path, card, module=str(module))
    person.has_a_bad_reader(True)
    person.will_answer("ok")
    found, asked = _examine(desk, monkeypatch, pin=PIN)
    assert found["test_bad"].level == "fail"
    assert "another card reader" in found["test_bad"].next_step
    assert "municipality" not in found["test_bad"].next_step
    assert asked == [], "the middleware has a dialog of its own"
    assert person.asked() == ["login"]
    assert not person.card_open, "logged out although the test failed"
    person.has_a_bad_reader(False)
    person.will_answer("ok")
    assert "test_good" in _examine(desk, monkeypatch, pin=PIN)[0]
    person.will_answer("cancel")
    assert "test_cancelled" in _examine(desk, monkeypatch, pin=PIN)[0]
    assert not person.card_open


@pytest.mark.parametrize(
    ("version", "algorithm", "level"),
    [
        ("4.4", "rsa", "note"),
        ("4.4", "p384", "fail"),
        ("5.0", "p384", None),
        ("5.1", "rsa", None),
        ("10.0", "rsa", None),
    ],
)
def test_a_middleware_that_is_too_old(
    tmp_path: Path,
    citizen_pki: CitizenPki,
    module: Path,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    algorithm: str,
    level: str | None,
) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    desk = Workstation.make(tmp_path, card, module=str(module))
    person.has_middleware(version)
    found, _ = _examine(desk, monkeypatch)
    assert version in found["middleware"].text
    assert (found["middleware_old"].level if "middleware_old" in found else None) == level
    # SoftHSM has a second, empty slot: to the government's middleware that is a second reader.
    assert found["readers_several"].level == "note"


def test_a_card_that_an_old_middleware_cannot_read(
    tmp_path: Path, an: SoftwareCard, module: Path, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Workstation.make(tmp_path, an, module=str(module))
    person.has_middleware("4.4")
    empty = tmp_path / "empty.conf"
    (tmp_path / "none").mkdir()
    empty.write_text(f"directories.tokendir = {tmp_path}/none\n")
    desk.environment["SOFTHSM2_CONF"] = str(empty)
    found, _ = _examine(desk, monkeypatch, pin=PIN)
    assert (found["middleware_old"].level, found["card:no_card"].level) == ("fail", "fail")


def test_the_command_asks_and_tells(workstation: Workstation) -> None:
    terminal = workstation.spawn("doctor", "--card", "--ui", "terminal")
    terminal.expect_exact("to identify yourself: ")
    terminal.sendline(PIN)
    terminal.expect_exact("a legally binding signature. [y/N] ")
    terminal.sendline("y")
    terminal.expect_exact("PIN of your eID, to sign: ")
    terminal.sendline(PIN)
    terminal.expect_exact("made a test signature, and it verifies")
    terminal.expect_exact("with its Signature key, and it verifies")
    terminal.expect_exact("Java")
    terminal.close()
