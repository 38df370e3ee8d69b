"""Renewal with the old store's keys, activation, and the self test that proves it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.stores.contents import authentication_entry, encryption_entries
from agent.wire.jobs import ActivateTokenJob, CheckTokenJob
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused, answer_json
from tests.agent.tokens.renewing import activate, renewed, run_renewal
from tests.agent.tokens.runs import OTHER_PASSWORD, opened, sole, with_token
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish


def test_a_renewal_carries_the_old_encryption_keys_along(enrolled: Workstation, server: Counterpart) -> None:
    first, job = renewed(enrolled, server)
    (old,) = enrolled.stores
    before = old.read_bytes()
    code, screen = run_renewal(enrolled, job.id)
    assert code == 0, screen
    assert "The old one stays in use until you say" in screen
    (new,) = [store for store in enrolled.stores if store != old]
    assert old.read_bytes() == before, "the old store is not touched"
    contents = opened(new, OTHER_PASSWORD)
    entry = authentication_entry(contents)
    assert entry.certificate == server.requests[job.id].certificate
    assert entry.key.public_key() != authentication_entry(opened(old)).key.public_key()
    tokens = [server.requests[one].token for one in (first, job.id)]
    serials = {str(int.from_bytes(token.serial, "big")) for token in tokens if token is not None}
    assert {one.alias for one in encryption_entries(contents)} == serials
    assert [token.proofs for token in tokens if token is not None] == [["ok"], []], (
        "one that waits is not tested"
    )


def test_activation_is_one_action_and_proves_itself(enrolled: Workstation, server: Counterpart) -> None:
    _, job = renewed(enrolled, server)
    assert run_renewal(enrolled, job.id)[0] == 0
    token = server.requests[job.id].token
    assert token is not None
    check = server.add_token_job(CheckTokenJob, job.id)
    terminal = enrolled.spawn("run", check, "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(OTHER_PASSWORD)
    code, screen = finish(terminal)
    assert (code, token.proofs) == (1, ["depot_empty"]), screen
    activation = server.add_token_job(ActivateTokenJob, job.id)
    code, screen = activate(enrolled, activation)
    assert code == 0, screen
    assert token.active
    assert token.proofs == ["depot_empty", "ok"]


@pytest.mark.parametrize("how", ["depot_empty", "server_gone"])
def test_a_test_that_fails_after_an_activation_is_no_success(
    enrolled: Workstation, server: Counterpart, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    _, job = renewed(enrolled, server)
    server.requests[job.id].waits = True
    assert run_renewal(enrolled, job.id)[0] == 0
    token = server.requests[job.id].token
    assert token is not None
    if how == "depot_empty":
        monkeypatch.setattr(server, "_depot", lambda request, body: answer_json(200, {"etk": None}))
    else:
        server.refuse = lambda method, path: (
            Refused(409, "government_unavailable") if path.endswith("/token/depot") else None
        )
    code, screen = activate(enrolled, server.add_token_job(ActivateTokenJob, job.id))
    assert code == 1, screen
    assert token.active
    assert "Activated: from now on" in screen
    assert "The activation is done and stays" in screen
    assert "ehportal-agent self-test FILE" in screen


def test_nothing_is_activated_without_a_yes(enrolled: Workstation, server: Counterpart) -> None:
    _, job = renewed(enrolled, server)
    assert run_renewal(enrolled, job.id)[0] == 0
    terminal = enrolled.spawn("run", server.add_token_job(ActivateTokenJob, job.id), "--ui", "terminal")
    terminal.expect_exact("[y/N] ")
    terminal.sendline("")
    assert finish(terminal)[0] == 4
    token = server.requests[job.id].token
    assert token is not None
    assert not token.active


def test_a_lost_key_store_says_what_to_do_instead(enrolled: Workstation, server: Counterpart) -> None:
    _, job = renewed(enrolled, server)
    (old,) = enrolled.stores
    old.unlink()
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact("Path of the file (empty: none): ")
    terminal.sendline("")
    terminal.expect_exact("lost for good?")
    terminal.expect_exact("[y/N] ")
    terminal.sendline("y")
    code, screen = finish(terminal)
    assert code == 1, screen
    request = server.requests[job.id]
    assert (request.state, request.declined_because) == ("declined", "key_store_lost")
    assert not request.signed


def test_a_key_store_that_moved_is_found_where_the_person_says(
    enrolled: Workstation, server: Counterpart, tmp_path: Path
) -> None:
    _, job = renewed(enrolled, server)
    (old,) = enrolled.stores
    moved = tmp_path / "another place" / "server room.p12"
    moved.parent.mkdir()
    old.rename(moved)
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "20")
    terminal.expect_exact("Path of the file (empty: none): ")
    terminal.sendline(f'"{moved}"')
    terminal.expect_exact("Password of the key store for server room.p12: ")
    terminal.sendline(PASSWORD)
    code, screen = answer_all(terminal, OTHER_PASSWORD)
    assert code == 0, screen
    assert (
        datetime.now(UTC)
        < authentication_entry(opened(sole(enrolled), OTHER_PASSWORD)).certificate.not_valid_after_utc
    )


@pytest.mark.parametrize("known", [True, False])
def test_the_self_test_can_be_asked_for_at_the_workstation(
    enrolled: Workstation, server: Counterpart, known: bool
) -> None:
    job = with_token(server)
    assert enrolled.run(job.id)[0] == 0
    token = server.requests[job.id].token
    assert token is not None
    if not known:
        server.requests[job.id].token = None
    terminal = enrolled.spawn("self-test", str(sole(enrolled)), "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert code == (0 if known else 1), screen
    assert token.proofs == (["ok", "ok"] if known else ["ok"])
