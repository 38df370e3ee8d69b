"""One cause has one explanation, whichever command meets it, and is seen before any PIN where it can be."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.card.doctor import Trial
from agent.doctor import Doctor
from agent.errors import CardError
from agent.findings import Finding
from agent.language import LANGUAGES, Texts
from agent.portal.device import Device, new_device_key
from agent.wire.link.proofs import public_jwk, thumbprint
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation, answer_all
from tests.support.cards import CitizenPki, SoftwareCard
from tests.support.pin_dialog import Person

CONSENT = "Do you sign this with your eID? [y/N] "
CAUSES: dict[str, Callable[[Person], None]] = {
    "signature_certificate_missing": lambda person: person.sets("damaged", "1 Signature\n"),
    "authentication_certificate_missing": lambda person: person.sets("damaged", "1 Authentication\n"),
    "authority_missing": lambda person: person.sets("damaged", "1 CA\n1 Root\n"),
    "signature_key_missing": lambda person: person.sets("damaged", "3 Signature\n"),
    "authentication_key_missing": lambda person: person.sets("damaged", "3 Authentication\n"),
    "pcsc_down": lambda person: person.sets("gone"),
    "card_unreadable": lambda person: _only_a_silent_reader(person),
}


def _only_a_silent_reader(person: Person) -> None:
    person.sets("dead", "0x30\n")
    person.sets("inserted", "9")


@pytest.fixture(autouse=True)
def _no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No smart card service runs here, whatever the machine has."""
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "nothing"))


@pytest.fixture
def enrolled_desk(desk: Workstation, server: Counterpart) -> Workstation:
    device = Device(server.url, "test-device", "test", new_device_key())
    device.save(desk.home)
    jwk = public_jwk(device.key)
    server.devices[thumbprint(jwk)] = jwk
    return desk


def explanation(code: str) -> str:
    return Texts("en").problem(CardError(code))[0]


def plain(screen: str) -> str:
    """The words on a screen, without frames and line breaks."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[╭╮╰╯│─…→✗✓•]", " ", screen).split())


def doctor(
    desk: Workstation, monkeypatch: pytest.MonkeyPatch, *, trial: Trial | None = None, language: str = "en"
) -> dict[str, Finding]:
    for name, value in desk.environment.items():
        monkeypatch.setenv(name, value)
    found = Doctor(Texts(language), trial=trial).examine(now=datetime.now(UTC))
    return {finding.key: finding for finding in found}


@pytest.mark.parametrize("code", [code for code in CAUSES if code != "card_unreadable"])
def test_every_command_gives_the_same_explanation_before_any_pin(
    enrolled_desk: Workstation, server: Counterpart, person: Person, code: str
) -> None:
    CAUSES[code](person)
    job = server.add_job().id
    commands = [["doctor"], ["doctor", "--card"]]
    if code != "authentication_key_missing":
        commands.append(["run", job])
    if code != "signature_key_missing":
        commands.append(["enrol", server.url, "--label", "test"])
    if code == "pcsc_down":
        commands.append(["run", job])
    for command in commands:
        terminal = enrolled_desk.spawn(*command, "--ui", "terminal")
        end, screen = answer_all(terminal, PASSWORD)
        assert end == 1, screen
        assert plain(explanation(code)) in plain(screen), command
        assert "it is not this card" not in screen
    asked = person.asked()
    assert asked in ([], ["login"]), "only the doctor's own test of the other key"
    assert server.requests[job].state == "ready"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CAUSES)
def test_the_doctor_says_it_in_every_language_with_the_raw_code(
    desk: Workstation, person: Person, monkeypatch: pytest.MonkeyPatch, code: str, language: str
) -> None:
    CAUSES[code](person)
    [finding] = [
        one for key, one in doctor(desk, monkeypatch, language=language).items() if key.endswith(f":{code}")
    ]
    what, following = Texts(language).problem(CardError(code))
    assert finding.level == "fail"
    assert finding.text.startswith(what)
    assert finding.next_step == following
    assert ("CKR_DEVICE_ERROR" in finding.text) == (code != "pcsc_down")


def test_a_swapped_card_is_explained_alike_by_run_and_doctor(
    tmp_path: Path,
    enrolled_desk: Workstation,
    server: Counterpart,
    an: SoftwareCard,
    citizen_pki: CitizenPki,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    luc = citizen_pki.card(ssin="93051822361", first_names=("Luc",), surname="Dubois", algorithm="p384")
    for card in (an, luc):
        card.write_token(tmp_path / card.surname)
        configuration = card.write_token(tmp_path / "both")
    enrolled_desk.environment["SOFTHSM2_CONF"] = str(configuration)
    place = next(
        number for number in "01" if "Peeters" in _holder(enrolled_desk, person, monkeypatch, number)
    )
    other = "10"[int(place)]
    person.will_answer("ok", "ok")

    def agree(question: str) -> bool:
        person.sets("inserted", other)
        return True

    person.sets("inserted", place)
    found = doctor(enrolled_desk, monkeypatch, trial=Trial(lambda purpose: None, agree, lambda text: None))
    assert found["test_good"].level == "ok"
    assert found["test_signature:card_swapped"].text == explanation("card_swapped")
    assert "message_reader" not in found, "never that the card is good, beside a failed test"
    assert found["message_above"].level == "note"
    person.asked()
    person.sets("inserted", place)
    job = server.add_job().id
    terminal = enrolled_desk.spawn("run", job, "--ui", "terminal")
    terminal.expect_exact(CONSENT)
    person.sets("inserted", other)
    terminal.sendline("y")
    code, screen = answer_all(terminal, PASSWORD)
    assert code == 1
    assert plain(explanation("card_swapped")) in plain(screen)
    assert person.asked() == [], "seen before the PIN"
    assert server.requests[job].state == "ready"


def _holder(desk: Workstation, person: Person, monkeypatch: pytest.MonkeyPatch, number: str) -> str:
    person.sets("inserted", number)
    return doctor(desk, monkeypatch)["card"].text


@pytest.mark.parametrize("answer", ["wrong", "6", "5", "0x30", "pull"])
def test_a_failed_test_never_stands_beside_a_good_card(
    desk: Workstation, person: Person, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("agent.card.doctor.certificate_status", lambda *given, now: "good")
    told: list[str] = []
    trial = Trial(lambda purpose: None, lambda question: True, told.append)
    person.will_answer("ok", "ok")
    found = doctor(desk, monkeypatch, trial=trial)
    assert {"test_good", "test_signature_good", "message_reader"} <= set(found)
    assert told == [Texts("en")("pin.comes_in_window")] * 2, "told of each dialog before it comes"
    for answers in ((answer, "ok"), ("ok", answer)):
        person.will_answer(*answers)
        found = doctor(desk, monkeypatch, trial=trial)
        [failed] = [one for key, one in found.items() if key.startswith("test") and one.level == "fail"][:1]
        assert "CKR_" in failed.text
        assert "message_above" in found
        assert "message_reader" not in found
        person.unsets("pulled")


def test_the_signature_key_is_tried_only_where_the_person_agrees(
    desk: Workstation, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.will_answer("ok", "ok")
    found = doctor(
        desk, monkeypatch, trial=Trial(lambda purpose: None, lambda question: False, lambda text: None)
    )
    assert person.asked() == ["login"]
    assert not [key for key in found if key.startswith("test_signature")]


def test_a_silent_reader_is_named_by_the_doctor_and_hides_nothing(
    desk: Workstation, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.sets("dead", "0x05\n")
    found = doctor(desk, monkeypatch)
    assert found["card"].level == "ok"
    assert found["reader_skipped"].level == "note"
    assert "CKR_GENERAL_ERROR" in found["reader_skipped"].text
