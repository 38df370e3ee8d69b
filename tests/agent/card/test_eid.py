"""Cards in SoftHSM2 tokens, read and used through the worker process."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from agent.card.eid import Card, CardReader, Purpose
from agent.errors import Cancelled, CardError
from agent.wire.link.enrolment import verify_enrolment_signature
from tests.support.cards import MODULE, PIN, CitizenPki, SoftwareCard


@pytest.fixture
def reader(tmp_path: Path, an: SoftwareCard, monkeypatch: pytest.MonkeyPatch) -> Iterator[CardReader]:
    monkeypatch.setenv("SOFTHSM2_CONF", str(an.write_token(tmp_path / "card")))
    with CardReader(Path(MODULE)) as opened:
        yield opened


def _pid(reader: CardReader) -> int:
    assert reader.worker.pid is not None
    return reader.worker.pid


def _kill(reader: CardReader) -> None:
    """As a crash does it; waited for, so that it has happened."""
    assert reader.worker._process is not None
    reader.worker._process.kill()
    reader.worker._process.wait()


def _without_pin(card: Card) -> dict[str, object]:
    fingerprint = card.authentication.fingerprint(hashes.SHA256()).hex()
    return {"key": "Authentication", "certificate": fingerprint, "algorithm": "rsa-sha256", "data": ""}


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
@pytest.mark.parametrize("purpose", ["Authentication", "Signature"])
def test_both_kinds_of_card_read_and_sign(
    tmp_path: Path,
    an: SoftwareCard,
    an_with_p384: SoftwareCard,
    monkeypatch: pytest.MonkeyPatch,
    algorithm: str,
    purpose: Purpose,
) -> None:
    own = an if algorithm == "rsa" else an_with_p384
    monkeypatch.setenv("SOFTHSM2_CONF", str(own.write_token(tmp_path)))
    asked: list[Purpose] = []

    def pin(why: Purpose) -> str:
        asked.append(why)
        return PIN

    with CardReader(Path(MODULE)) as reader:
        card = reader.card()
        signature = reader.sign(card, purpose, b"message", ask_pin=pin)
    assert (card.national_number, card.first_names, card.surname) == (own.ssin, "An Marie", "Peeters")
    assert card.chain("Signature") == (own.signature, own.ca, own.root)
    jose = "RS256" if algorithm == "rsa" else "ES384"
    verify_enrolment_signature(card.chain(purpose)[0], b"message", signature, jose)
    assert asked == [purpose]


def test_a_wrong_pin_is_tried_once(reader: CardReader) -> None:
    asked: list[str] = []

    def wrong(purpose: Purpose) -> str:
        asked.append(purpose)
        return "9999"

    card = reader.card()
    with pytest.raises(CardError) as refused:
        reader.sign(card, "Signature", b"x", ask_pin=wrong)
    assert refused.value.code == "pin_incorrect"
    assert len(asked) == 1
    assert reader.sign(card, "Signature", b"x", ask_pin=lambda _: PIN)


def test_no_pin_is_a_no(reader: CardReader) -> None:
    with pytest.raises(Cancelled):
        reader.sign(reader.card(), "Signature", b"x", ask_pin=lambda _: None)


def test_the_worker_dies_and_a_new_one_takes_over(reader: CardReader) -> None:
    reader.card()
    first = _pid(reader)
    _kill(reader)
    assert reader.card().surname == "Peeters"
    assert _pid(reader) != first


def test_a_card_that_hangs_times_out_and_is_left_behind(reader: CardReader) -> None:
    reader.card()
    first = _pid(reader)
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(CardError) as refused:
        reader.worker.ask("read", seconds=0.5)
    assert refused.value.code == "card_timeout"
    assert reader.card().surname == "Peeters"
    assert _pid(reader) != first


def test_no_card_and_waiting_for_one(
    tmp_path: Path, an: SoftwareCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "softhsm2.conf"
    (tmp_path / "tokens").mkdir()
    empty.write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(empty))
    told: list[str] = []
    with CardReader(Path(MODULE)) as reader:
        assert reader.readers()[1] == 0
        with pytest.raises(CardError) as refused:
            reader.card()
        assert refused.value.code == "no_card"
        with pytest.raises(CardError):
            reader.wait_for_card(lambda error: told.append(error.code), seconds=1.2)
    assert told == ["no_card"]


def test_a_file_that_is_no_module_says_so(tmp_path: Path) -> None:
    fake = tmp_path / "module.so"
    fake.write_text("no library")
    with CardReader(fake) as reader, pytest.raises(CardError) as refused:
        reader.card()
    assert refused.value.code == "middleware_broken"


def test_a_card_of_somebody_else_shows_another_number(
    tmp_path: Path, citizen_pki: CitizenPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    luc = citizen_pki.card(ssin="93051822361", first_names=("Luc",), surname="Dubois", algorithm="p384")
    monkeypatch.setenv("SOFTHSM2_CONF", str(luc.write_token(tmp_path)))
    with CardReader(Path(MODULE)) as reader:
        assert reader.card().national_number == "93051822361"


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_a_sitting_signs_several_times_for_one_pin(
    tmp_path: Path,
    an: SoftwareCard,
    an_with_p384: SoftwareCard,
    monkeypatch: pytest.MonkeyPatch,
    algorithm: str,
) -> None:
    own = an if algorithm == "rsa" else an_with_p384
    monkeypatch.setenv("SOFTHSM2_CONF", str(own.write_token(tmp_path)))
    asked: list[Purpose] = []

    def pin(why: Purpose) -> str:
        asked.append(why)
        return PIN

    with CardReader(Path(MODULE)) as reader:
        card = reader.card()
        with reader.sitting(card, ask_pin=pin) as sign:
            signatures = [sign(message) for message in (b"first", b"second")]
        with pytest.raises(CardError) as refused:
            reader.worker.ask("sign", _without_pin(card), seconds=60)
        assert refused.value.code == "pin_needed", "the card is closed again"
    jose = "RS256" if algorithm == "rsa" else "ES384"
    for message, signature in zip((b"first", b"second"), signatures, strict=True):
        verify_enrolment_signature(card.authentication, message, signature, jose)
    assert asked == ["Authentication"]


def test_a_sitting_ends_whatever_happens(reader: CardReader) -> None:
    card = reader.card()
    with pytest.raises(ZeroDivisionError), reader.sitting(card, ask_pin=lambda _: PIN):
        raise ZeroDivisionError
    with pytest.raises(CardError) as refused:
        reader.worker.ask("sign", _without_pin(card), seconds=60)
    assert refused.value.code == "pin_needed"
    with pytest.raises(CardError) as wrong, reader.sitting(card, ask_pin=lambda _: "9999"):
        raise AssertionError("a wrong PIN opens no sitting")
    assert wrong.value.code == "pin_incorrect"
    with pytest.raises(Cancelled), reader.sitting(card, ask_pin=lambda _: None):
        raise AssertionError("no PIN opens no sitting")


def test_a_worker_that_dies_in_a_sitting_signs_nothing_more(reader: CardReader) -> None:
    """Its PIN died with it, and is not asked again behind the person's back."""
    card = reader.card()
    with reader.sitting(card, ask_pin=lambda _: PIN) as sign:
        assert sign(b"first")
        _kill(reader)
        with pytest.raises(CardError):
            sign(b"second")
    assert reader.card() == card
