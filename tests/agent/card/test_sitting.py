"""A wrong PIN does not end the sitting: the dialog comes again when the person says so, never by itself."""

import pexpect
import pytest

from agent.language import Texts
from agent.portal.device import Device, new_device_key
from agent.wire.link.proofs import public_jwk, thumbprint
from tests.agent.counterpart import Counterpart
from tests.agent.workstation import PASSWORD, Workstation, answer_all
from tests.support.pin_dialog import Person

AGAIN = "Shall the PIN be asked for again? [y/N] "
BACK = "Is it back in, and shall the PIN be asked for? [y/N] "


@pytest.fixture
def job(desk: Workstation, server: Counterpart) -> str:
    device = Device(server.url, "test-device", "test", new_device_key())
    device.save(desk.home)
    jwk = public_jwk(device.key)
    server.devices[thumbprint(jwk)] = jwk
    return server.add_job().id


def up_to(terminal: "pexpect.spawn[str]", question: str) -> str:
    """Answer what comes before `question`; returns what is on the screen then."""
    replies = {
        "Do you sign this with your eID? [y/N] ": "y",
        "Your choice [1]: ": "1",
        "New password: ": PASSWORD,
        "The same password again: ": PASSWORD,
    }
    screen = ""
    while True:
        found = terminal.expect_exact([question, *replies])
        screen += str(terminal.before)
        if found == 0:
            return screen
        terminal.sendline(list(replies.values())[found - 1])


@pytest.mark.parametrize(
    ("answer", "tries", "said"),
    [
        ("wrong", "", "The PIN is not right. After three wrong ones in a row the card is blocked."),
        ("wrong", "low", "The PIN is not right. After three wrong ones in a row the card is blocked."),
        ("wrong", "final", "The PIN is not right. One try is left: another wrong one blocks the card."),
        ("6", "", "What was typed cannot be a PIN: it has 4 to 12 digits"),
    ],
)
def test_the_dialog_comes_again_when_the_person_says_so(
    desk: Workstation, server: Counterpart, person: Person, job: str, answer: str, tries: str, said: str
) -> None:
    if tries:
        person.sets("tries", tries)
    person.will_answer(answer, answer, "ok")
    terminal = desk.spawn("run", job, "--ui", "terminal", "--wait", "20")
    screen = up_to(terminal, AGAIN)
    assert said in screen
    assert person.asked() == ["sign Signature"], "not again by itself"
    assert Texts("en")("pin.comes_in_window") in screen, "told before the dialog came"
    terminal.sendline("y")
    terminal.expect_exact(AGAIN)
    terminal.sendline("y")
    code, screen = answer_all(terminal, PASSWORD)
    assert code == 0, screen
    assert person.asked() == ["sign Signature"] * 2
    assert server.requests[job].state == "completed"


def test_a_no_ends_the_sitting_and_the_log_has_the_code(
    desk: Workstation, server: Counterpart, person: Person, job: str
) -> None:
    person.will_answer("wrong", "ok")
    terminal = desk.spawn("run", job, "--ui", "terminal")
    up_to(terminal, AGAIN)
    terminal.sendline("")
    assert answer_all(terminal, PASSWORD)[0] == 1
    assert person.asked() == ["sign Signature"]
    assert server.requests[job].state == "ready"
    log = desk.home / "agent.log"
    assert "pin_incorrect [CKR_PIN_INCORRECT, sign]" in log.read_text()
    assert "85073003328" not in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("answer", "tries"), [("locked", ""), ("wrong", "locked"), ("5", ""), ("0x30", "")])
def test_what_another_pin_cannot_mend_is_not_offered_again(
    desk: Workstation, person: Person, job: str, answer: str, tries: str
) -> None:
    if tries:
        person.sets("tries", tries)
    person.will_answer(answer, "ok")
    code, screen = desk.run(job)
    assert code == 1
    assert AGAIN not in screen
    assert person.asked() == ["sign Signature"]


def test_a_card_that_was_pulled_at_the_dialog_may_come_back(
    desk: Workstation, server: Counterpart, person: Person, job: str
) -> None:
    person.will_answer("pull", "ok")
    terminal = desk.spawn("run", job, "--ui", "terminal", "--wait", "20")
    assert "The card was taken out too early." in up_to(terminal, BACK)
    terminal.sendline("y")
    terminal.expect_exact(BACK)
    person.unsets("pulled")
    terminal.sendline("y")
    assert answer_all(terminal, PASSWORD)[0] == 0
    assert server.requests[job].state == "completed"


def test_enrolment_asks_again_too(desk: Workstation, server: Counterpart, person: Person) -> None:
    person.sets("pinpad")
    person.will_answer("wrong", "ok")
    terminal = desk.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact("with your eID? [y/N] ")
    terminal.sendline("y")
    terminal.expect_exact("on the keys of the card reader")
    terminal.expect_exact(AGAIN)
    assert person.asked() == ["login"]
    terminal.sendline("y")
    code, screen = answer_all(terminal, PASSWORD)
    assert code == 0, screen
    assert person.asked() == ["login"]
    assert len(server.devices) == 1
