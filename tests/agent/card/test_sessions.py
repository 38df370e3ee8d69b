"""What a request costs the card, and what is left behind when a dialog hangs or the agent is killed."""

import os
import signal
import time
from pathlib import Path

import pytest

from agent.card.eid import READ_SECONDS, SIGN_SECONDS, CardReader, Purpose
from agent.errors import CardError
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation, answer_all
from tests.support.cards import SoftwareCard
from tests.support.pin_dialog import Person

SLOW: float = 0.45
"""Seconds that a slow card takes for a command."""


def never(purpose: Purpose) -> str:
    raise AssertionError(f"asked for the PIN of {purpose}")


def ends(process: int) -> bool:
    """True when the process is gone, or only waits to be buried; waits as long as a busy machine may take."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_reading_and_signing_take_one_session(dialog_reader: CardReader, person: Person) -> None:
    card = dialog_reader.card()
    person.calls()
    person.will_answer("ok", "ok")
    dialog_reader.sign(card, "Signature", b"x", ask_pin=never)
    calls = person.calls()
    assert "session" not in calls, "the one that read the card serves"
    assert [call.split()[0] for call in calls].count("value") == 1, "the certificate, to know the card again"
    assert calls.count("find") <= 3
    assert calls.count("dialog") == calls.count("sign") == 1
    with dialog_reader.sitting(card, ask_pin=never) as sign:
        person.calls()
        sign(b"first")
        sign(b"second")
    assert person.calls() == ["find", "sign"] * 2


@pytest.mark.parametrize("purpose", ["login", "sign"])
def test_a_whole_request_is_one_session(
    desk: Workstation, server: Counterpart, person: Person, purpose: str
) -> None:
    person.will_answer("ok", "ok")
    terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact("with your eID? [y/N] ")
    terminal.sendline("y")
    assert answer_all(terminal, PASSWORD)[0] == 0
    if purpose == "sign":
        person.calls()
        assert desk.run(server.add_job().id)[0] == 0
    calls = person.calls()
    assert calls.count("session") == 1
    assert calls.count("dialog") == 1


def test_a_slow_card_has_time_enough(dialog_reader: CardReader, person: Person) -> None:
    """Counted in commands to the card, with room for three times as many."""

    def commands(calls: list[str]) -> int:
        return sum(int(call.split()[1]) if call.startswith("value") else 1 for call in calls)

    card = dialog_reader.card()
    assert commands(person.calls()) * SLOW * 3 < READ_SECONDS
    person.will_answer("ok")
    dialog_reader.sign(card, "Signature", b"x", ask_pin=never)
    assert commands(person.calls()) * SLOW * 3 < SIGN_SECONDS - 60, "beside the dialog's own minute"


def test_a_slow_card_is_read(dialog_reader: CardReader, person: Person) -> None:
    """And the window is kept alive meanwhile."""
    moved: list[bool] = []
    dialog_reader.worker._meanwhile = lambda: moved.append(True)
    person.sets("slow", "200")
    assert dialog_reader.card().surname == "Peeters"
    assert moved


# --- what hangs


@pytest.mark.parametrize("purpose", ["Authentication", "Signature"])
def test_a_hanging_dialog_ends_with_its_worker(
    dialog_reader: CardReader, person: Person, purpose: Purpose
) -> None:
    card = dialog_reader.card()
    person.will_answer("hang", "ok")
    seconds = 0.0

    def clock() -> float:
        return seconds

    def meanwhile() -> None:
        nonlocal seconds
        if len(person.hanging()) == 2:
            seconds = SIGN_SECONDS + 1

    dialog_reader.worker._clock, dialog_reader.worker._meanwhile = clock, meanwhile
    with pytest.raises(CardError) as refused:
        dialog_reader.sign(card, purpose, b"x", ask_pin=never)
    assert refused.value.code == "dialog_unanswered"
    assert all(ends(process) for process in person.hanging())
    dialog_reader.worker._meanwhile = lambda: None
    assert dialog_reader.sign(card, purpose, b"x", ask_pin=never), "a new worker signs"


def test_a_worker_that_crashes_takes_its_dialog_with_it(dialog_reader: CardReader, person: Person) -> None:
    card = dialog_reader.card()
    person.will_answer("hang")

    def crash() -> None:
        if len(person.hanging()) == 2:
            os.kill(person.hanging()[0], signal.SIGKILL)

    dialog_reader.worker._meanwhile = crash
    with pytest.raises(CardError) as refused:
        dialog_reader.sign(card, "Signature", b"x", ask_pin=never)
    assert refused.value.code == "card_failed"
    assert all(ends(process) for process in person.hanging())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_agent_leaves_no_worker_and_no_dialog(
    desk: Workstation, server: Counterpart, person: Person, how: signal.Signals
) -> None:
    person.will_answer("hang")
    terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact("with your eID? [y/N] ")
    terminal.sendline("y")
    deadline = time.monotonic() + 60
    while len(person.hanging()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    worker, dialog = person.hanging()
    terminal.kill(how)
    assert ends(worker)
    assert ends(dialog)
    terminal.close(force=True)


def test_an_agent_that_is_killed_between_two_signatures_leaves_no_open_card(
    tmp_path: Path, an: SoftwareCard, module: Path, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker sees its input close, logs out, and ends."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(an.write_token(tmp_path / "card")))
    person.will_answer("ok")
    told, tell = os.pipe()
    agent = os.fork()
    if agent == 0:
        reader = CardReader(module)
        with reader.sitting(reader.card(), ask_pin=never):
            os.write(tell, str(reader.worker.pid).encode())
            signal.pause()
        os._exit(0)
    os.close(tell)
    worker = int(os.read(told, 20))
    os.close(told)
    assert person.card_open
    os.kill(agent, signal.SIGKILL)
    os.waitpid(agent, 0)
    assert ends(worker)
    assert not person.card_open
