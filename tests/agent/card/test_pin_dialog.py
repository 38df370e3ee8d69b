"""A token with its own PIN dialog: the real agent never sees a PIN, and leaves no open card behind."""

from pathlib import Path

import pytest

from agent.card.eid import CardReader, Purpose
from agent.errors import Cancelled, CardError
from agent.wire.link.enrolment import verify_enrolment_signature
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish
from tests.support.cards import CitizenPki, SoftwareCard
from tests.support.pin_dialog import Person

QUESTION = "with your eID? [y/N] "
NEVER = "PIN of your eID"
MESSAGES = {
    "cancel": (4, "Cancelled at the card. Nothing was sent."),
    "wrong": (1, "The PIN is not right."),
    "locked": (1, "The PIN of this card is blocked."),
}


def never(purpose: Purpose) -> str:
    raise AssertionError(f"asked for the PIN of {purpose}")


# --- the real command


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_enrol_and_sign_without_typing_a_pin(
    tmp_path: Path, citizen_pki: CitizenPki, module: Path, person: Person, algorithm: str
) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    desk, server = Workstation.make(tmp_path, card, module=str(module)), Counterpart(card)
    try:
        person.will_answer("ok", "ok")
        terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
        terminal.expect_exact(QUESTION)
        terminal.sendline("y")
        code, screen = finish(terminal)
        assert (code, person.asked()) == (0, ["login"]), screen
        assert NEVER not in screen
        assert not person.card_open, "logged out again"
        job = server.add_job()
        code, screen = desk.run(job.id)
        assert (code, person.asked()) == (0, ["sign Signature"]), screen
        assert NEVER not in screen
    finally:
        server.close()
    assert server.requests[job.id].state == "completed"
    assert len(desk.stores) == 1
    assert not person.handed


@pytest.mark.parametrize("answer", MESSAGES)
def test_what_the_person_does_at_the_dialog_while_enrolling(
    desk: Workstation, server: Counterpart, person: Person, answer: str
) -> None:
    person.will_answer(answer)
    terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact(QUESTION)
    terminal.sendline("y")
    code, screen = answer_all(terminal, PASSWORD)
    expected, message = MESSAGES[answer]
    assert (code, person.asked()) == (expected, ["login"]), screen
    assert message in screen
    assert NEVER not in screen
    assert server.devices == {}
    assert not person.card_open
    assert not person.handed


@pytest.mark.parametrize("answer", MESSAGES)
def test_what_the_person_does_at_the_dialog_while_signing(
    desk: Workstation, server: Counterpart, person: Person, answer: str
) -> None:
    """Asked once, said what it was, nothing sent, the key kept: a second run signs with that key."""
    person.will_answer("ok", answer, "ok")
    enrol(desk, server)
    person.asked()
    job = server.add_job()
    code, screen = desk.run(job.id)
    expected, message = MESSAGES[answer]
    assert (code, person.asked()) == (expected, ["sign Signature"]), screen
    assert message in screen
    assert NEVER not in screen
    assert server.requests[job.id].state == "ready"
    assert [path.suffix for path in desk.pending if path.suffix == ".p12"] == [".p12"]
    again = desk.spawn("run", job.id, "--ui", "terminal", "--wait", "20")
    code, screen = answer_all(again, PASSWORD)
    assert (code, person.asked()) == (0, ["sign Signature"]), screen
    assert server.requests[job.id].state == "completed"
    assert len(server.submitted_keys) == 1
    assert not person.handed


def enrol(desk: Workstation, server: Counterpart) -> None:
    terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact(QUESTION)
    terminal.sendline("y")
    assert finish(terminal)[0] == 0


def test_a_person_who_is_away_is_not_asked_twice(
    desk: Workstation, server: Counterpart, person: Person
) -> None:
    """A dialog that is closed is a no: the agent never opens it again by itself."""
    person.will_answer()
    terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact(QUESTION)
    terminal.sendline("y")
    assert finish(terminal)[0] == 4
    assert person.asked() == ["login"]


# --- the card itself


def test_no_pin_is_needed_where_the_middleware_asks(dialog_reader: CardReader, an: SoftwareCard) -> None:
    card = dialog_reader.card()
    assert card.pin_needed is False
    assert card.national_number == an.ssin


def test_the_signature_key_asks_every_time_and_logs_nobody_in(
    dialog_reader: CardReader, person: Person
) -> None:
    card = dialog_reader.card()
    person.will_answer("ok", "ok")
    for _ in range(2):
        signature = dialog_reader.sign(card, "Signature", b"message", ask_pin=never)
        verify_enrolment_signature(card.signature, b"message", signature, "RS256")
        assert not person.card_open
    assert person.asked() == ["sign Signature", "sign Signature"]
    assert not person.handed


def test_authentication_leaves_no_open_card(dialog_reader: CardReader, person: Person, module: Path) -> None:
    card = dialog_reader.card()
    person.will_answer("ok", "cancel")
    signature = dialog_reader.sign(card, "Authentication", b"message", ask_pin=never)
    verify_enrolment_signature(card.authentication, b"message", signature, "RS256")
    assert not person.card_open
    assert person.elsewhere(module) == "CKR_FUNCTION_CANCELED", "another process has to ask the person"
    assert person.asked() == ["login", "sign Authentication"]


def test_authentication_leaves_no_open_card_when_signing_fails(
    dialog_reader: CardReader, person: Person, module: Path
) -> None:
    card = dialog_reader.card()
    person.will_answer("ok", "cancel", "ok")
    person.break_card(True)
    with pytest.raises(CardError) as refused:
        dialog_reader.sign(card, "Authentication", b"message", ask_pin=never)
    assert refused.value.code == "card_failed"
    assert not person.card_open
    person.break_card(False)
    assert person.elsewhere(module) == "CKR_FUNCTION_CANCELED"
    assert dialog_reader.sign(card, "Authentication", b"message", ask_pin=never)


@pytest.mark.parametrize(("answer", "code"), [("wrong", "pin_incorrect"), ("locked", "pin_locked")])
@pytest.mark.parametrize("purpose", ["Authentication", "Signature"])
def test_a_wrong_pin_is_tried_once(
    dialog_reader: CardReader, person: Person, purpose: Purpose, answer: str, code: str
) -> None:
    card = dialog_reader.card()
    person.will_answer(answer, "ok")
    with pytest.raises(CardError) as refused:
        dialog_reader.sign(card, purpose, b"x", ask_pin=never)
    assert refused.value.code == code
    assert len(person.asked()) == 1
    assert not person.card_open


@pytest.mark.parametrize("purpose", ["Authentication", "Signature"])
def test_cancelling_is_no_error(dialog_reader: CardReader, person: Person, purpose: Purpose) -> None:
    card = dialog_reader.card()
    person.will_answer("cancel")
    with pytest.raises(Cancelled):
        dialog_reader.sign(card, purpose, b"x", ask_pin=never)
    assert len(person.asked()) == 1


# --- would the module tell, if it were otherwise?


def test_the_module_tells_on_a_program_that_stays_logged_in(
    dialog_reader: CardReader, person: Person, module: Path
) -> None:
    person.will_answer("ok")
    assert person.elsewhere(module, login="dialog", sign=False) == "logged in"
    assert person.card_open
    assert person.elsewhere(module) == "signed", "without asking the person"
    assert person.asked() == ["login"]


def test_the_module_tells_on_a_program_that_hands_a_pin_over(
    dialog_reader: CardReader, person: Person, module: Path
) -> None:
    assert person.elsewhere(module, login="1234") == "signed"
    assert person.handed


def test_a_sitting_is_one_dialog_and_leaves_the_card_closed(
    dialog_reader: CardReader, person: Person
) -> None:
    person.will_answer("ok")
    card = dialog_reader.card()
    with dialog_reader.sitting(card, ask_pin=never) as sign:
        for message in (b"first", b"second"):
            verify_enrolment_signature(card.authentication, message, sign(message), "RS256")
    assert person.asked() == ["login"]
    assert not person.card_open
    person.will_answer("cancel")
    with pytest.raises(Cancelled), dialog_reader.sitting(card, ask_pin=never):
        raise AssertionError("nothing is signed after a cancelled dialog")
    assert not person.card_open
    person.will_answer("ok")
    with pytest.raises(ZeroDivisionError), dialog_reader.sitting(card, ask_pin=never):
        raise ZeroDivisionError
    assert not person.card_open


def test_a_killed_sitting_is_closed_by_its_worker(dialog_reader: CardReader, person: Person) -> None:
    person.will_answer("ok")
    card = dialog_reader.card()
    with dialog_reader.sitting(card, ask_pin=never) as sign:
        sign(b"first")
        assert person.card_open
        dialog_reader.close()  # as when the agent ends: the worker's input closes
        assert not person.card_open
