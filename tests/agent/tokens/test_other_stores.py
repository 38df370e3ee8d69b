"""Tokens for key stores that changed, moved, or never had one."""

from pathlib import Path

import pytest

from agent import pkcs12
from agent.pkcs12 import Contents
from agent.stores.contents import authentication_entry, encryption_entries
from agent.wire.jobs import ActivateTokenJob
from tests.agent.counterpart import Counterpart
from tests.agent.stores.samples import other_contents
from tests.agent.tokens.desk import Refused
from tests.agent.tokens.interrupting import stopped_before_the_token
from tests.agent.tokens.renewing import activate, renewed, run_renewal
from tests.agent.tokens.runs import OTHER_PASSWORD, opened, sole
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish


def test_a_store_with_another_password_since_still_gets_its_token(
    enrolled: Workstation, server: Counterpart
) -> None:
    job, store = stopped_before_the_token(enrolled, server)
    store.write_bytes(pkcs12.write(opened(store), OTHER_PASSWORD, "modern"))
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact("Password of the key store for AZ Sint-Elisabeth Maasdal: ")
    terminal.sendline(PASSWORD)
    terminal.expect_exact("Password of the key store for CBE=0406798006,")
    terminal.sendline(OTHER_PASSWORD)
    code, screen = finish(terminal)
    assert code == 0, screen
    assert len(encryption_entries(opened(store, OTHER_PASSWORD))) == 1


def test_the_token_goes_into_no_other_certificates_store(enrolled: Workstation, server: Counterpart) -> None:
    job, store = stopped_before_the_token(enrolled, server)
    ours = store.read_bytes()
    another = pkcs12.write(other_contents(), PASSWORD, "modern")
    store.write_bytes(another)
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "no longer where it was put" in screen
    assert store.read_bytes() == another
    store.write_bytes(ours)
    code, screen = enrolled.run(job.id)
    assert code == 0, screen


@pytest.mark.parametrize("answer", ["n", "y"])
def test_an_old_store_lost_after_signing_does_not_keep_the_new_key_out(
    enrolled: Workstation, server: Counterpart, answer: str
) -> None:
    _, job = renewed(enrolled, server)
    server.requests[job.id].issue = False
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "1")
    terminal.expect_exact("Password of the key store for CBE=0406798006,T1 ")
    terminal.sendline(PASSWORD)
    assert answer_all(terminal, OTHER_PASSWORD)[0] == 3
    (old,) = enrolled.stores
    old.unlink()
    server.deliver(job.id)
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "20")
    terminal.expect_exact("Password of the key store for AZ Sint-Elisabeth Maasdal: ")
    terminal.sendline(OTHER_PASSWORD)
    terminal.expect_exact("Path of the file (empty: none): ")
    terminal.sendline("")
    terminal.expect_exact("Go on without the old encryption keys?")
    terminal.expect_exact("[y/N] ")
    terminal.sendline(answer)
    code, screen = finish(terminal)
    assert code == (0 if answer == "y" else 1), screen
    if answer == "y":
        contents = opened(sole(enrolled), OTHER_PASSWORD)
        assert authentication_entry(contents).certificate == server.requests[job.id].certificate
        assert len(encryption_entries(contents)) == 1
    else:
        assert any(file.name.endswith(".pending.p12") for file in enrolled.pending)


def test_a_token_is_not_activated_with_a_store_that_lacks_its_key(
    enrolled: Workstation, server: Counterpart
) -> None:
    _, job = renewed(enrolled, server)
    assert run_renewal(enrolled, job.id)[0] == 0
    (store,) = [one for one in enrolled.stores if "T1" in one.name and one != enrolled.stores[0]]
    contents = opened(store, OTHER_PASSWORD)
    token = server.requests[job.id].token
    assert token is not None
    serial = str(int.from_bytes(token.serial, "big"))
    left = Contents(tuple(key for key in contents.keys if key.alias != serial), contents.certificates)
    store.write_bytes(pkcs12.write(left, OTHER_PASSWORD, "modern"))
    code, screen = activate(enrolled, server.add_token_job(ActivateTokenJob, job.id))
    assert code == 1
    assert "Nothing was activated" in " ".join(screen.replace("│", " ").split())
    assert not token.active


def without_token(enrolled: Workstation, server: Counterpart) -> tuple[str, Path]:
    """A key store that somebody has, finished long ago, and for which nobody made a token."""
    job = server.add_job(application_id="T9")
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    return job.id, sole(enrolled)


def make_token(workstation: Workstation, *command: str) -> tuple[int, str]:
    terminal = workstation.spawn(*command, "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(PASSWORD)
    return finish(terminal)


def test_a_key_store_without_token_gets_one_at_the_workstation(
    enrolled: Workstation, server: Counterpart
) -> None:
    first, store = without_token(enrolled, server)
    code, screen = make_token(enrolled, "token", str(store))
    assert code == 0, screen
    token = server.requests[first].token
    assert token is not None
    assert (token.stored, token.proofs) == (True, ["ok"])
    assert len(encryption_entries(opened(store))) == 1
    assert enrolled.pending == []


def test_a_token_begun_from_the_page_is_taken_up_again_with_its_key(
    enrolled: Workstation, server: Counterpart
) -> None:
    first, store = without_token(enrolled, server)
    job = server.add_making_job(server.requests[first])
    away = Refused(503, "government_unavailable")
    server.refuse = lambda method, path: away if path.endswith("token/complete") else None
    code, screen = make_token(enrolled, "run", job)
    assert code == 1, screen
    offered = server.requests[first].token
    assert offered is not None
    told = finish(enrolled.spawn("watch", "--once", "--ui", "terminal"))[1]
    assert f"ehportal-agent run {job}" in told
    # Meanwhile the store got another password: the key that was begun still has the one of that day.
    store.write_bytes(pkcs12.write(opened(store), OTHER_PASSWORD, "modern"))
    server.refuse = lambda method, path: None
    terminal = enrolled.spawn("run", job, "--ui", "terminal")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(OTHER_PASSWORD)
    terminal.expect_exact("the encryption key begun earlier")
    terminal.sendline(PASSWORD)
    code, screen = finish(terminal)
    assert code == 0, screen
    token = server.requests[first].token
    assert token is not None
    assert token.key == offered.key
    assert len(encryption_entries(opened(store, OTHER_PASSWORD))) == 1
    assert enrolled.pending == []
