"""The login in a sitting and in the self test: tried where the server names a place, reported, and in nobody's way."""

from agent.wire.jobs import CheckTokenJob
from agent.wire.link.sessions import SessionPlace
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.runs import with_token
from tests.agent.workstation import Workstation

NOBODY = "http://127.0.0.1:9/"


def made(workstation: Workstation, server: Counterpart) -> str:
    """A certificate and its token, made in one sitting that comes to its end; the job's id."""
    job = with_token(server)
    code, screen = workstation.run(job.id)
    assert code == 0, screen
    return job.id


def test_a_server_of_before_is_asked_and_nothing_is_tried(enrolled: Workstation, server: Counterpart) -> None:
    job = made(enrolled, server)
    assert not server.session_proofs
    code, screen = enrolled.run(server.add_token_job(CheckTokenJob, job))
    assert code == 0, screen
    assert not server.session_proofs


def test_a_login_that_fails_is_told_and_stops_no_sitting(enrolled: Workstation, server: Counterpart) -> None:
    server.session_place = SessionPlace("acceptance", NOBODY, (server.ca,), (server.ca,))
    job = made(enrolled, server)
    assert [one.verdict for one in server.session_proofs] == ["unreachable"]
    code, screen = enrolled.run(server.add_token_job(CheckTokenJob, job))
    assert code == 1, screen
    assert "Passed: what is sealed to you can be opened" in screen
    assert "the platform cannot be reached" in screen
    assert [one.verdict for one in server.session_proofs] == ["unreachable"] * 2


def test_a_place_of_the_other_environment_gets_nothing(enrolled: Workstation, server: Counterpart) -> None:
    server.session_place = SessionPlace("acceptance", NOBODY, (server.etk_ra,), (server.etk_ra,))
    made(enrolled, server)
    assert [one.verdict for one in server.session_proofs] == ["wrong_environment"]
