"""The government's own records, asked at the workstation: the real command, a real token, a server over HTTP."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.wire.jobs import Identifier, RecordsJob, Signer
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused
from tests.agent.workstation import Workstation, finish
from tests.support.cards import PIN, CitizenPki, SoftwareCard

ASKED = "Do you ask this? [y/N] "
ASKS_PIN = "PIN of your eID, to identify yourself: "
REFUSE = "let whoever asked it know? [y/N] "
OTHER = "93051822361"


@pytest.fixture
def job(server: Counterpart) -> RecordsJob:
    return server.add_inquiry()


def ask(workstation: Workstation, job: RecordsJob, *, pin: str = PIN) -> tuple[int, str]:
    terminal = workstation.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact(ASKED)
    shown = str(terminal.before)
    terminal.sendline("y")
    terminal.expect_exact(ASKS_PIN)
    terminal.sendline(pin)
    code, rest = finish(terminal)
    return code, shown + rest


def refused(workstation: Workstation, job: RecordsJob) -> str:
    """What is told of a job that is not even shown."""
    code, screen = finish(workstation.spawn("run", job.id, "--ui", "terminal"))
    assert code == 1, screen
    assert "GetActorQualities" not in screen
    assert "Traceback" not in screen
    return " ".join(screen.replace("│", " ").split())


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_both_questions_for_one_pin(tmp_path: Path, citizen_pki: CitizenPki, algorithm: str) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    server, workstation = Counterpart(card), Workstation.make(tmp_path, card)
    try:
        workstation.enrol(server.url)
        code, screen = ask(workstation, server.add_inquiry())
        assert code == 0, screen
        assert "3 proposals stand on the page" in screen
        assert "An Marie Peeters" in screen
        assert card.ssin not in screen
        assert PIN not in screen
        assert workstation.pending == []
    finally:
        server.close()


@pytest.mark.parametrize(
    "ids",
    [
        (Identifier("SSIN", OTHER),),
        (Identifier("CBE", "0406798006"),),
        (Identifier("SSIN", OTHER), Identifier("SSIN", "85073003328")),
        (Identifier("SSIN", "85073003328"), Identifier("SSIN", OTHER)),
    ],
)
def test_a_question_about_another_person_is_not_shown(
    enrolled: Workstation, server: Counterpart, ids: tuple[Identifier, ...]
) -> None:
    job = server.add_inquiry(person=Signer(ids, server.card.first_names, server.card.surname))
    assert "eID of An Marie Peeters" in refused(enrolled, job)


def test_whose_records_they_are_is_read_on_the_card(enrolled: Workstation, server: Counterpart) -> None:
    """The number is what counts, and the name beside it is the card's."""
    number = Identifier("SSIN", server.card.ssin)
    code, screen = ask(enrolled, server.add_inquiry(person=Signer((number,), ("Luc",), "Dubois")))
    assert code == 0
    assert "About: An Marie Peeters" in screen


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server": "https://elsewhere.example"}, "elsewhere.example"),
        ({"expires_at": datetime.now(UTC) - timedelta(seconds=1)}, "finished, cancelled or expired"),
    ],
)
def test_another_servers_or_a_late_question_is_not_shown(
    enrolled: Workstation, server: Counterpart, changes: dict[str, Any], words: str
) -> None:
    assert words in refused(enrolled, server.add_inquiry(**changes))


def test_a_wrong_pin_is_one_try_and_asks_nothing(
    enrolled: Workstation, server: Counterpart, job: RecordsJob
) -> None:
    code, screen = ask(enrolled, job, pin="9999")
    assert code == 1
    assert "After three wrong ones in a row the card is blocked." in screen
    assert ASKS_PIN not in screen
    assert server.askings[job.id].state == "ready"
    assert ask(enrolled, job)[0] == 0


def test_a_card_that_was_pulled_asks_nothing(
    enrolled: Workstation, server: Counterpart, job: RecordsJob
) -> None:
    terminal = enrolled.up_to_pin(job.id, ASKED, ASKS_PIN)
    shutil.move(enrolled.configuration / "card", enrolled.configuration / "pocket")
    terminal.sendline(PIN)
    code, screen = finish(terminal)
    assert code == 1
    assert "Traceback" not in screen
    assert server.askings[job.id].state == "ready"


def test_another_card_in_its_place_asks_nothing(
    enrolled: Workstation, server: Counterpart, job: RecordsJob, citizen_pki: CitizenPki, an: SoftwareCard
) -> None:
    """Between reading and signing: the signature does not fit the certificate that was read."""
    luc = citizen_pki.card(ssin=OTHER, first_names=("Luc",), surname="Dubois")
    terminal = enrolled.up_to_pin(job.id, ASKED, ASKS_PIN)
    shutil.move(enrolled.configuration / "card", enrolled.configuration / "pocket")
    luc.write_token(enrolled.configuration / "card")
    terminal.sendline(PIN)
    code, screen = finish(terminal)
    assert code == 1, screen
    assert "Traceback" not in screen
    assert an.ssin not in screen
    assert server.askings[job.id].state == "ready"


def test_no_for_now_and_no_for_good(enrolled: Workstation, server: Counterpart, job: RecordsJob) -> None:
    for reply, state in (("", "ready"), ("y", "declined")):
        terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
        terminal.expect_exact(ASKED)
        terminal.sendline("n")
        terminal.expect_exact(REFUSE)
        terminal.sendline(reply)
        assert finish(terminal)[0] == 4
        assert server.askings[job.id].state == state
    assert "finished, cancelled or expired" in refused(enrolled, job)


def test_a_lost_answer_is_asked_for_again(
    enrolled: Workstation, server: Counterpart, job: RecordsJob
) -> None:
    """Also with a fresh proof, when the server says that the first one is used up and has no answer to it."""
    times = iter([True, False])
    server.lose_answer = lambda method, path: path.endswith("/records") and next(times, False)
    replayed = iter([None, Refused(401, "proof_replayed")])
    server.refuse = lambda method, path: next(replayed, None) if path.endswith("/records") else None
    code, screen = ask(enrolled, job)
    assert code == 0, screen
    assert [status for _m, path, status in server.calls if path.endswith("/records")] == [200, 401, 200]
