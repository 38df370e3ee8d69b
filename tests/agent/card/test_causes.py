"""What happens at card, reader and dialog is told as what it is, by one table, at every step."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from agent.card.causes import GONE, Failure, Step
from agent.card.eid import CardReader, Purpose
from agent.card.service import no_reader
from agent.errors import Cancelled, CardError
from tests.support.cards import CitizenPki, SoftwareCard
from tests.support.pin_dialog import Person

PURPOSES: tuple[Purpose, ...] = ("Authentication", "Signature")


def never(purpose: Purpose) -> str:
    raise AssertionError(f"asked for the PIN of {purpose}")


def refusal(reader: CardReader, purpose: Purpose = "Signature") -> CardError:
    with pytest.raises(CardError) as refused:
        reader.sign(reader.card(), purpose, b"message", ask_pin=never)
    return refused.value


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize(
    ("answer", "code", "raw"),
    [
        ("6", "pin_malformed", "CKR_FUNCTION_FAILED"),
        ("0xA1", "pin_malformed", "CKR_PIN_INVALID"),
        ("0xA2", "pin_malformed", "CKR_PIN_LEN_RANGE"),
        ("5", "dialog_impossible", "CKR_GENERAL_ERROR"),
        ("wrong", "pin_incorrect", "CKR_PIN_INCORRECT"),
        ("locked", "pin_locked", "CKR_PIN_LOCKED"),
        ("0x101", "pin_needed", "CKR_USER_NOT_LOGGED_IN"),
        ("0x30", "card_failed", "CKR_DEVICE_ERROR"),
        ("0x32", "card_removed", "CKR_DEVICE_REMOVED"),
        ("0xE0", "card_removed", "CKR_TOKEN_NOT_PRESENT"),
        ("pull", "card_removed", "CKR_DEVICE_ERROR"),
    ],
)
def test_what_happens_at_the_dialog_has_its_own_name(
    dialog_reader: CardReader, person: Person, purpose: Purpose, answer: str, code: str, raw: str
) -> None:
    person.will_answer(answer)
    error = refusal(dialog_reader, purpose)
    assert (error.code, error.raw.split(",")[0]) == (code, raw)
    assert len(person.asked()) == 1, "never asked again by itself"
    assert not person.card_open


def test_a_dialog_that_failed_late_was_not_answered(
    tmp_path: Path, an: SoftwareCard, module: Path, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The middleware's dialog closes itself after a minute, with the code that it has for no display as well."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(an.write_token(tmp_path / "card")))
    with CardReader(module, clock=lambda: 60.0 * len(person.asked_so_far)) as reader:
        person.will_answer("5")
        assert refusal(reader).code == "dialog_unanswered"


def test_a_code_means_what_it_does_only_where_a_dialog_was_open() -> None:
    for code in ("CKR_FUNCTION_FAILED", "CKR_GENERAL_ERROR"):
        for step in get_args(Step):
            for own_dialog in (True, False):
                failure = Failure(code, step, own_dialog=own_dialog, card_there=True, seconds=61)
                at_dialog = own_dialog and step in ("login", "sign")
                assert (failure.error().code != "card_failed") == at_dialog, failure
                assert Failure(code, step, own_dialog, False, 61).error().code == "card_removed"
    for code in GONE:
        assert (
            Failure(code, "read", own_dialog=True, card_there=True, seconds=0).error().code == "card_removed"
        )


def test_cancelling_stays_no_error_although_the_card_was_pulled(
    dialog_reader: CardReader, person: Person
) -> None:
    card = dialog_reader.card()
    person.will_answer("cancel")
    with pytest.raises(Cancelled):
        dialog_reader.sign(card, "Signature", b"x", ask_pin=never)


# --- pulled, swapped, put back


@pytest.mark.parametrize("read", range(1, 8))
def test_a_card_pulled_while_it_is_read_is_called_pulled(
    dialog_reader: CardReader, person: Person, read: int
) -> None:
    person.sets("pull_at", str(read))
    with pytest.raises(CardError) as refused:
        dialog_reader.card()
    assert refused.value.code == "card_removed"
    person.unsets("pulled", "pull_at")
    assert dialog_reader.card().surname == "Peeters"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_card_pulled_before_the_signature_is_called_pulled(
    dialog_reader: CardReader, person: Person, purpose: Purpose
) -> None:
    card = dialog_reader.card()
    person.sets("pulled")
    with pytest.raises(CardError) as refused:
        dialog_reader.sign(card, purpose, b"x", ask_pin=never)
    assert refused.value.code == "card_removed"
    assert person.asked() == []
    person.unsets("pulled")
    person.will_answer("ok")
    assert dialog_reader.sign(card, purpose, b"x", ask_pin=never), "put back, it signs"


def test_a_card_pulled_in_a_sitting_is_called_pulled_and_asks_no_second_pin(
    dialog_reader: CardReader, person: Person
) -> None:
    person.will_answer("ok", "ok")
    card = dialog_reader.card()
    with dialog_reader.sitting(card, ask_pin=never) as sign:
        sign(b"first")
        person.sets("pulled")
        with pytest.raises(CardError) as refused:
            sign(b"second")
        assert refused.value.code == "card_removed"
        person.unsets("pulled")
        with pytest.raises(CardError):
            sign(b"third")
    assert person.asked() == ["login"]


def test_another_persons_card_is_seen_before_any_pin(
    tmp_path: Path,
    an: SoftwareCard,
    citizen_pki: CitizenPki,
    module: Path,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    luc = citizen_pki.card(ssin="93051822361", first_names=("Luc",), surname="Dubois", algorithm="p384")
    for card in (an, luc):
        card.write_token(tmp_path / card.surname)  # one alone each, before both are put together
        configuration = card.write_token(tmp_path / "both")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    with CardReader(module) as reader:
        with pytest.raises(CardError) as several:
            reader.card()
        assert several.value.code == "several_cards"
        person.sets("inserted", "0")
        first = reader.card()
        person.sets("inserted", "1")
        person.will_answer("ok", "ok")
        for purpose in PURPOSES:
            with pytest.raises(CardError) as refused:
                reader.sign(first, purpose, b"x", ask_pin=never)
            assert refused.value.code == "card_swapped"
        with pytest.raises(CardError) as sitting, reader.sitting(first, ask_pin=never):
            raise AssertionError("no sitting with a card that was not read")
        assert sitting.value.code == "card_swapped"
        assert person.asked() == []
        second = reader.card()
        assert {first.surname, second.surname} == {"Peeters", "Dubois"}
        assert reader.sign(second, "Signature", b"x", ask_pin=never)


# --- readers and services


@pytest.mark.parametrize("code", ["0x30", "0x05", "0x06", "0x31", "0x03", "0xE1", "0xE0", "0x32"])
def test_a_reader_that_cannot_answer_does_not_hide_the_good_card(
    dialog_reader: CardReader, person: Person, code: str
) -> None:
    person.sets("dead", f"{code}\n0x30\n")
    card = dialog_reader.card()
    assert card.surname == "Peeters"
    assert any("CKR_DEVICE_ERROR" in raw for raw in card.skipped)
    person.will_answer("ok")
    assert dialog_reader.sign(card, "Signature", b"x", ask_pin=never)


@pytest.mark.parametrize(
    ("dead", "code"), [("0x30\n", "card_unreadable"), ("0xE1\n", "no_card"), ("0xE0\n", "no_card")]
)
def test_a_card_that_cannot_be_read_is_told_from_none(
    tmp_path: Path, module: Path, person: Person, monkeypatch: pytest.MonkeyPatch, dead: str, code: str
) -> None:
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    person.sets("dead", dead)
    with CardReader(module) as reader:
        with pytest.raises(CardError) as refused:
            reader.card()
        assert refused.value.code == code
        told: list[str] = []
        with pytest.raises(CardError):
            reader.wait_for_card(lambda error: told.append(error.code), seconds=0)
        assert told == [], "no time left: nothing to wait for"

        def pause(seconds: float) -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            reader.wait_for_card(lambda error: told.append(error.code), seconds=600, pause=pause)
        assert told == [code], "an eID may still be put into the other reader"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket of a smart card service, under the name that its clients are told."""
    path = tmp_path / "s"
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        yield listening


def test_a_service_that_does_not_run_is_told_from_a_missing_reader(
    dialog_reader: CardReader, person: Person, service: socket.socket
) -> None:
    person.sets("gone")
    with pytest.raises(CardError) as refused:
        dialog_reader.card()
    assert refused.value.code == no_reader().code == "no_reader"
    service.close()  # crashed: the file stays behind
    with pytest.raises(CardError) as refused:
        dialog_reader.card()
    assert refused.value.code == no_reader().code == "pcsc_down"


# --- one damaged object


@pytest.mark.parametrize("label", ["national_number", "surname", "firstnames"])
def test_unreadable_identity_is_taken_from_the_certificate(
    dialog_reader: CardReader, person: Person, label: str
) -> None:
    person.sets("damaged", f"0 {label}\n")
    card = dialog_reader.card()
    assert (card.national_number, card.first_names, card.surname) == ("85073003328", "An Marie", "Peeters")
    assert card.unreadable == {label: "CKR_DEVICE_ERROR, read"}


@pytest.mark.parametrize(("label", "code"), [("CA", None), ("Root", None), ("Signature", "signature")])
def test_a_damaged_certificate_does_not_stop_the_reading_of_the_rest(
    dialog_reader: CardReader, person: Person, label: str, code: str | None
) -> None:
    person.sets("damaged", f"1 {label}\n")
    if code is None:
        card = dialog_reader.card()
        assert len(card.authorities) == 1
        assert label in card.unreadable
        return
    with pytest.raises(CardError) as refused:
        dialog_reader.card()
    assert refused.value.code == f"{code}_certificate_missing"
    assert "CKR_DEVICE_ERROR" in refused.value.raw


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_damaged_key_is_seen_without_a_pin(
    dialog_reader: CardReader, person: Person, purpose: Purpose
) -> None:
    assert dialog_reader.card().keys == frozenset(PURPOSES)
    person.sets("damaged", f"3 {purpose}\n")
    card = dialog_reader.card()
    assert card.keys == frozenset(PURPOSES) - {purpose}
    assert "CKR_DEVICE_ERROR" in card.unreadable[f"{purpose} key"]
    assert person.asked() == []
