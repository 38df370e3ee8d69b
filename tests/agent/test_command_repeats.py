"""The command run again, interrupted or told wrong things: nothing is lost, nothing is done twice."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.wire.pki.keys import public_key_identifier
from agent.wire.pki.names import ehealth_dn
from tests.agent.counterpart import Counterpart
from tests.agent.test_command import _opened, _secrets_in
from tests.agent.tokens.desk import Refused
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish


def test_waiting_for_the_authority_is_taken_up_later(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    server.requests[job.id].issue = False
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "1")
    code, screen = answer_all(terminal, PASSWORD)
    assert code == 3, screen
    assert f"ehportal-agent run {job.id}" in screen
    assert [path.suffix for path in enrolled.pending] == [".json", ".p12"]
    assert _secrets_in(enrolled.home, (server.card.ssin,)) == []
    terminal = enrolled.spawn("status", "--ui", "terminal")
    assert "sent, waiting for the certificate" in finish(terminal)[1]
    server.deliver(job.id)
    terminal = enrolled.spawn("watch", "--once", "--ui", "terminal")
    assert "There is news about the certificate" in finish(terminal)[1]
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "PIN" not in screen
    assert len(enrolled.stores) == 1


def test_a_wrong_password_is_asked_again_three_times(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    server.requests[job.id].issue = False
    answer_all(enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "0"), PASSWORD)
    server.deliver(job.id)
    code, screen = enrolled.run(job.id, password="not the password")
    assert code == 1
    assert screen.count("Password of the key store for") == 3
    assert enrolled.run(job.id)[0] == 0


def test_a_lost_password_before_sending_costs_only_a_new_key(
    enrolled: Workstation, server: Counterpart
) -> None:
    job = server.add_job()
    server.refuse = lambda method, path: Refused(422, "card_revoked") if "signed-request" in path else None
    code, screen = enrolled.run(job.id)
    assert (code, "revoked or suspended" in screen) == (1, True), screen
    server.refuse = lambda method, path: None
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "20")
    for _ in range(3):
        terminal.expect_exact("Password of the key store for")
        terminal.sendline("forgotten")
    terminal.expect_exact("Set that key aside and make a new one? [y/N] ")
    terminal.sendline("y")
    code, screen = answer_all(terminal, PASSWORD)
    assert code == 0, screen
    assert len(list((enrolled.home / "pending" / "set-aside").iterdir())) == 1


def test_a_refusal_keeps_the_key_for_another_card(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    server.refuse = lambda method, path: (
        Refused(422, "card_status_unknown") if "signed-request" in path else None
    )
    assert enrolled.run(job.id)[0] == 1
    (key_file,) = [path for path in enrolled.pending if path.suffix == ".p12"]
    kept = public_key_identifier(_opened(key_file).key.public_key())
    server.refuse = lambda method, path: None
    assert enrolled.run(job.id)[0] == 0
    assert server.requests[job.id].key_identifier == kept


@pytest.mark.parametrize("state", ["rejected", "cancelled", "declined"])
def test_a_request_that_came_to_nothing_sets_its_key_aside(
    enrolled: Workstation, server: Counterpart, state: str
) -> None:
    job = server.add_job()
    request = server.requests[job.id]
    request.issue, request.problem = False, {"code": "X", "title": "t", "detail": "Geen mandaat.", "raw": {}}
    answer_all(enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "0"), PASSWORD)
    request.state = state
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "Geen mandaat." in screen
    (aside,) = (enrolled.home / "pending" / "set-aside").iterdir()
    assert _opened(aside)


def test_a_request_that_is_taken_up_again_finds_its_key(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    request = server.requests[job.id]
    request.issue = False
    answer_all(enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "0"), PASSWORD)
    request.state = "gave_up"
    code, screen = enrolled.run(job.id)
    assert (code, "came to no end" in screen) == (1, True), screen
    server.deliver(job.id)
    assert enrolled.run(job.id)[0] == 0
    assert len(enrolled.stores) == 1


@pytest.mark.parametrize("wrong", ["key", "name"])
def test_a_wrong_certificate_is_never_stored(enrolled: Workstation, server: Counterpart, wrong: str) -> None:
    job = server.add_job()
    server.requests[job.id].issue = False
    answer_all(enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "0"), PASSWORD)
    if wrong == "key":
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        server.deliver(job.id, key=other)
    else:
        server.deliver(job.id, dn=ehealth_dn("CBE", "0809394427", "Other", None))
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert f"another {wrong}" in screen
    assert enrolled.stores == []
    assert [path.suffix for path in enrolled.pending] == [".json", ".p12"]
    server.deliver(job.id)
    assert enrolled.run(job.id)[0] == 0


def test_lost_answers_change_nothing(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    lost: set[str] = set()

    def lose(method: str, path: str) -> bool:
        first = job.id in path and path not in lost
        lost.add(path)
        return first

    server.lose_answer = lose
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert len(lost) == 4
    assert server.requests[job.id].stored == ["legacy"]
    assert len(server.submitted_keys) == 1


def test_a_finished_request_is_not_done_twice(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_job()
    assert enrolled.run(job.id)[0] == 0
    code, screen = enrolled.run(job.id)
    assert (code, "finished before" in screen) == (0, True)
    assert len(enrolled.stores) == 1


def test_a_key_that_was_used_before_makes_room_for_a_new_one(
    enrolled: Workstation, server: Counterpart
) -> None:
    job = server.add_job()
    server.refuse = lambda method, path: (
        Refused(422, "key_already_used") if "signed-request" in path else None
    )
    code, screen = enrolled.run(job.id)
    assert (code, "used before" in screen) == (1, True), screen
    assert len(list((enrolled.home / "pending" / "set-aside").iterdir())) == 1
    server.refuse = lambda method, path: None
    code, screen = enrolled.run(job.id)
    assert (code, "New password" in screen) == (0, True), screen
