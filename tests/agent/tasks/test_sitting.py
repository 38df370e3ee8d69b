"""One sitting: everything that waits is signed one after the other, each shown by itself; stopped, it goes on later."""

import pexpect
import pytest

from agent.tasks.handler import is_sitting
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused
from tests.agent.workstation import PASSWORD, Workstation
from tests.support.cards import PIN

CONSENT = "Do you sign this with your eID? [y/N] "
ANSWERS = {
    "Begin? [y/N] ": "y",
    CONSENT: "y",
    "New password: ": PASSWORD,
    "The same password again: ": PASSWORD,
    "with the same password as the one before? [y/N] ": "y",
    "PIN of your eID, to sign: ": PIN,
    "Go on with the next one? [y/N] ": "y",
    "and let whoever asked it know? [y/N] ": "n",
}


def play(terminal: "pexpect.spawn[str]", **instead: list[str]) -> tuple[int, str, dict[str, int]]:
    """Answer as a willing person would, or with the next of `instead`; returns code, screen, and what was asked."""
    changed = {CONSENT: list(instead.get("consent", [])), "go_on": list(instead.get("go_on", []))}
    prompts = list(ANSWERS)
    asked = dict.fromkeys(prompts, 0)
    screen = ""
    while True:
        index = terminal.expect_exact([*prompts, pexpect.EOF])
        screen += str(terminal.before)
        if index == len(prompts):
            break
        prompt = prompts[index]
        screen += prompt
        asked[prompt] += 1
        turn = changed.get("go_on" if prompt.startswith("Go on") else prompt)
        terminal.sendline(turn.pop(0) if turn else ANSWERS[prompt])
    terminal.close()
    assert terminal.signalstatus is None, screen
    return int(terminal.exitstatus or 0), screen, asked


@pytest.fixture
def three(server: Counterpart, enrolled: Workstation) -> list[str]:
    """Three requests that wait."""
    return [server.add_job(application_id=f"APP_{one}").id for one in (1, 2, 3)]


def test_all_are_signed_in_one_sitting(server: Counterpart, enrolled: Workstation, three: list[str]) -> None:
    code, screen, asked = play(enrolled.spawn("sign", "--ui", "terminal", "--wait", "180"))
    assert code == 0, screen
    for one in ("1/3", "2/3", "3/3", "APP_1", "APP_2", "APP_3"):
        assert one in screen
    assert asked[CONSENT] == 3, "each was shown and agreed to by itself"
    assert asked["PIN of your eID, to sign: "] == 3, "one PIN each"
    assert asked["New password: "] == 1
    assert len(enrolled.stores) == 3
    assert "3 of 3 signed." in screen
    assert len(server.submitted_keys) == 3
    assert enrolled.pending == []


def test_whoever_stops_goes_on_later(server: Counterpart, enrolled: Workstation, three: list[str]) -> None:
    terminal = enrolled.spawn("sign", "--ui", "terminal", "--wait", "180")
    code, screen, _asked = play(terminal, consent=["y", "n"], go_on=["n"])
    assert "1 of 3 signed." in screen
    assert "2 still wait" in screen
    assert len(enrolled.stores) == 1
    assert code != 0
    assert len(server.submitted_keys) == 1
    code, screen, asked = play(enrolled.spawn("sign", "--ui", "terminal", "--wait", "180"))
    assert code == 0, screen
    assert asked[CONSENT] == 2
    assert len(enrolled.stores) == 3


def test_one_that_fails_stops_no_other(server: Counterpart, enrolled: Workstation, three: list[str]) -> None:
    broken = three[1]
    server.refuse = lambda method, path: (
        Refused(503, "away") if path.endswith(f"{broken}/signed-request") else None
    )
    code, screen, asked = play(enrolled.spawn("sign", "--ui", "terminal", "--wait", "180"))
    assert code == 1, screen
    assert asked["Go on with the next one? [y/N] "] == 1
    assert "2 of 3 signed." in screen
    assert len(enrolled.stores) == 2


def test_nothing_waits(server: Counterpart, enrolled: Workstation) -> None:
    code, screen, asked = play(enrolled.spawn("sign", "--ui", "terminal"))
    assert code == 0
    assert "Nothing waits for your card." in screen
    assert not any(asked.values())


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("ehportal://sign", True),
        ("ehportal://sign/", True),
        ("ehportal://sign/x", False),
        ("ehportal://sign?x=1", False),
        ("ehportal://SIGN", False),
        ("ehportal:sign", False),
    ],
)
def test_the_address_carries_nothing(url: str, is_one: bool) -> None:
    assert is_sitting(url) is is_one
