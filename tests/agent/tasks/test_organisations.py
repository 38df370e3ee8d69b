"""The holder says at the workstation for which organisations it works: at enrolment, later, and back again."""

from agent.wire.link.organisations import AskingOrganisation
from tests.agent.counterpart import Counterpart
from tests.agent.tasks.organisations_desk import MAASDAL
from tests.agent.workstation import Workstation, answer_all, finish
from tests.support.cards import PIN

TILLEULS = AskingOrganisation(
    "00000000-0000-0000-0000-000000000002", "Clinique des Tilleuls", (), "an@tilleuls.example"
)
VREEMD = AskingOrganisation("00000000-0000-0000-0000-000000000003", "Praktijk Vreemd", (), "")
PROMPT = "(Enter: as it stands, 0: none): "


def test_at_enrolment_those_that_wait_are_listed_and_none_is_ticked(
    workstation: Workstation, server: Counterpart
) -> None:
    server.agreed, server.waiting = [], [MAASDAL, TILLEULS, VREEMD]
    terminal = workstation.spawn("enrol", server.url, "--label", "test", "--ui", "terminal")
    terminal.expect_exact("with your eID? [y/N] ")
    terminal.sendline("y")
    terminal.expect_exact("to identify yourself: ")
    terminal.sendline(PIN)
    terminal.expect_exact(PROMPT)
    shown = str(terminal.before)
    assert (
        "1  [ ] AZ Sint-Elisabeth Maasdal · numbers proven: CBE=0406798006 · your account there:"
        " an.peeters@maasdal.example" in shown
    )
    assert (
        "2  [ ] Clinique des Tilleuls · numbers proven: none · your account there: an@tilleuls.example"
        in shown
    )
    assert "3  [ ] Praktijk Vreemd · numbers proven: none · your account there: none" in shown
    terminal.sendline("1, 2")
    code, screen = finish(terminal)
    assert code == 0, screen
    assert "Organisations: AZ Sint-Elisabeth Maasdal, Clinique des Tilleuls." in screen
    assert [one.organisation for one in server.statements] == [MAASDAL, TILLEULS]
    assert server.waiting == [VREEMD]


def test_who_was_left_unticked_is_not_asked_for_again_and_can_still_be_ticked(
    enrolled: Workstation, server: Counterpart
) -> None:
    server.waiting = [VREEMD]
    code, screen = finish(enrolled.spawn("watch", "--once", "--ui", "terminal"))
    assert (code, "Praktijk Vreemd asks that this workstation works for it" in screen) == (0, True), screen
    terminal = enrolled.spawn("organisations", "--ui", "terminal")
    terminal.expect_exact(PROMPT)
    assert "1  [x] AZ Sint-Elisabeth Maasdal" in str(terminal.before)
    assert "2  [ ] Praktijk Vreemd" in str(terminal.before)
    terminal.sendline("")
    assert finish(terminal)[0] == 0
    assert (server.agreed, server.statements) == ([MAASDAL], []), "Enter changes nothing"
    code, screen = finish(enrolled.spawn("watch", "--once", "--ui", "terminal"))
    assert (code, "Praktijk" in screen) == (0, False), screen
    code, screen = finish(enrolled.spawn("status", "--ui", "terminal"))
    assert (code, "Praktijk" in screen) == (0, False), screen
    terminal = enrolled.spawn("organisations", "--ui", "terminal")
    terminal.expect_exact(PROMPT)
    terminal.sendline("2")
    code, screen = finish(terminal)
    assert code == 0, screen
    assert "now works for: Praktijk Vreemd" in screen
    assert "no longer works for: AZ Sint-Elisabeth Maasdal" in screen
    assert server.agreed == [VREEMD]


def test_a_request_of_an_organisation_that_waits_is_asked_about_first(
    enrolled: Workstation, server: Counterpart
) -> None:
    job = server.add_job()
    server.agreed, server.waiting = [], [MAASDAL]
    server.only_for_agreed = True
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "20")
    terminal.expect_exact(PROMPT)
    terminal.sendline("1")
    code, screen = answer_all(terminal, "wolk trompet kade 71")
    assert code == 0, screen
    assert server.requests[job.id].state == "completed"


def test_saying_no_signs_nothing(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    server.agreed, server.waiting = [], [MAASDAL]
    server.only_for_agreed = True
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact(PROMPT)
    terminal.sendline("0")
    code, screen = finish(terminal)
    assert (code, "no such request for you" in screen) == (1, True), screen
    assert server.agreed == []


def test_a_server_that_does_not_ask_yet_is_no_obstacle(enrolled: Workstation, server: Counterpart) -> None:
    server.refuse = lambda method, path: server.not_found() if path.endswith("/organisations") else None
    code, screen = finish(enrolled.spawn("watch", "--once", "--ui", "terminal"))
    assert code == 0, screen
    code, screen = finish(enrolled.spawn("organisations", "--ui", "terminal"))
    assert (code, "No organisation knows the holder" in screen) == (0, True), screen
