"""The encryption token in the same sitting, renewal with the old store's keys, activation and the self test."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from agent import pkcs12
from agent.pkcs12 import Contents
from agent.stores.contents import authentication_entry, encryption_entries, open_store
from agent.wire.jobs import ActivateTokenJob, CertificateJob, CheckTokenJob
from tests.agent.counterpart import Counterpart
from tests.agent.stores.samples import other_contents
from tests.agent.tokens.desk import Refused, answer_json, facts_of
from tests.agent.workstation import PASSWORD, Workstation, answer_all, finish

OTHER_PASSWORD = "brug ladder mosterd 48"


def opened(store: Path, password: str = PASSWORD) -> Contents:
    return open_store(store.read_bytes(), password)


def with_token(server: Counterpart, number: int = 1, **changes: Any) -> CertificateJob:
    return server.add_job(application_id=f"T{number}", token=True, **changes)


def sole(workstation: Workstation) -> Path:
    (store,) = workstation.stores
    return store


@pytest.mark.parametrize("serial", [b"", bytes(15) + b"\x07", b"\xff" * 16])
def test_certificate_and_token_in_one_sitting(
    enrolled: Workstation, server: Counterpart, serial: bytes
) -> None:
    server.next_serial = serial
    job = with_token(server)
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    request = server.requests[job.id]
    assert request.state == "completed"
    assert request.token is not None
    assert request.token.stored
    assert request.token.proofs == ["ok"]
    assert request.records_asked == 1, "the government's own word about the certificate"
    assert "Passed: what is sealed to you" in screen
    contents = opened(sole(enrolled))
    (entry,) = encryption_entries(contents)
    assert entry.alias == str(int.from_bytes(request.token.serial, "big"))
    assert entry.certificate == x509.load_der_x509_certificate(request.token.certificate)
    assert entry.belongs_together
    assert authentication_entry(contents).certificate == request.certificate
    assert enrolled.pending == []
    # The store grew by one entry; the version without it was never complete and its copy is kept beside.
    assert len(list(enrolled.keystores.glob("*.backup"))) == 1


def test_a_service_that_is_away_leaves_a_working_store_and_is_asked_again(
    enrolled: Workstation, server: Counterpart
) -> None:
    job = with_token(server)
    away = Refused(503, "government_unavailable")
    server.refuse = lambda method, path: away if path.endswith("token/start") else None
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "The key store is safe and works." in screen
    assert server.requests[job.id].state == "completed"
    assert authentication_entry(opened(sole(enrolled))).certificate == server.requests[job.id].certificate
    server.refuse = lambda method, path: None
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert len(encryption_entries(opened(sole(enrolled)))) == 1
    assert enrolled.pending == []


@pytest.mark.parametrize("step", ["start", "complete", "stored", "proof"])
def test_an_answer_that_is_lost_costs_nothing(enrolled: Workstation, server: Counterpart, step: str) -> None:
    job = with_token(server)
    lost: list[str] = []

    def lose(method: str, path: str) -> bool:
        if path.endswith(f"token/{step}") and not lost:
            lost.append(path)
            return True
        return False

    server.lose_answer = lose
    code, screen = enrolled.run(job.id)
    assert lost
    assert code == 0, screen
    token = server.requests[job.id].token
    assert token is not None
    assert token.stored
    assert [entry.alias for entry in encryption_entries(opened(sole(enrolled)))] == [
        str(int.from_bytes(token.serial, "big"))
    ]


def test_a_refusal_starts_the_registration_again_with_the_same_key(
    enrolled: Workstation, server: Counterpart
) -> None:
    job = with_token(server)
    refusal = Refused(409, "government_refused", detail="not started")
    server.refuse = lambda method, path: refusal if path.endswith("token/complete") else None
    code, screen = enrolled.run(job.id)
    assert code == 1, screen
    offered = server.requests[job.id].token
    assert offered is not None
    server.refuse = lambda method, path: None
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    token = server.requests[job.id].token
    assert token is not None
    assert token.key == offered.key
    assert token.serial != offered.serial


def refuse_times(server: Counterpart, path_end: str, times: int) -> list[str]:
    """Refuse the first calls of one step, as the government would; returns the list of those refused."""
    refused: list[str] = []

    def refuse(method: str, path: str) -> Refused | None:
        if path.endswith(path_end) and len(refused) < times:
            refused.append(path)
            return Refused(409, "government_refused", codes=["ETK_ALREADY_REGISTERED"])
        return None

    server.refuse = refuse
    return refused


def test_a_token_made_in_a_call_whose_answer_was_lost_is_taken_over(
    enrolled: Workstation, server: Counterpart
) -> None:
    """The server finds it in what the government keeps, once the workstation has let it ask."""
    job = with_token(server)
    refused = refuse_times(server, "token/complete", 1)
    code, screen = enrolled.run(job.id)
    assert refused
    assert code == 0, screen
    assert server.requests[job.id].records_asked == 2, "once to find the token, once at the self test"
    assert len(encryption_entries(opened(sole(enrolled)))) == 1


def test_a_token_that_nobody_can_hand_out_yet_waits_with_its_key_in_the_store(
    enrolled: Workstation, server: Counterpart
) -> None:
    _, job = renewed(enrolled, server)
    server.requests[job.id].etk_lost = True
    code, screen = run_renewal(enrolled, job.id)
    assert code == 0, screen
    assert "The old one stays in use until you say" in screen
    token = server.requests[job.id].token
    assert token is not None
    assert token.stored
    assert str(int.from_bytes(token.serial, "big")) in {
        entry.alias for store in enrolled.stores if "T1" in store.name and store != enrolled.stores[0]
        for entry in encryption_entries(opened(store, OTHER_PASSWORD))
    }  # fmt: skip


def test_a_start_that_is_refused_goes_back_to_what_was_handed_in(
    enrolled: Workstation, server: Counterpart
) -> None:
    """The depot shows a token late: each run tries from the other side until it does."""
    job = with_token(server)
    refuse_times(server, "token/complete", 2)
    assert enrolled.run(job.id)[0] == 1
    handed_in = server.requests[job.id].token
    assert handed_in is not None
    refuse_times(server, "token/start", 1)
    assert enrolled.run(job.id)[0] == 1
    refuse_times(server, "token/start", 99)
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    token = server.requests[job.id].token
    assert token is not None
    assert token.serial == handed_in.serial


def test_a_store_with_entries_of_others_gets_its_token_in_a_second_one(
    enrolled: Workstation, server: Counterpart
) -> None:
    job, store = stopped_before_the_token(enrolled, server)
    put_in_a_secret(store)
    before = store.read_bytes()
    assert opened(store).foreign == 1
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact("Password of the key store for AZ Sint-Elisabeth Maasdal: ")
    terminal.sendline(PASSWORD)
    terminal.expect_exact("[y/N] ")
    terminal.sendline("n")
    code, screen = finish(terminal)
    assert code == 1, screen
    assert "would lose" in screen
    assert enrolled.stores == [store]
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact("Password of the key store for AZ Sint-Elisabeth Maasdal: ")
    terminal.sendline(PASSWORD)
    terminal.expect_exact("[y/N] ")
    terminal.sendline("y")
    code, screen = finish(terminal)
    assert code == 0, screen
    assert store.read_bytes() == before
    (second,) = set(enrolled.stores) - {store}
    contents = opened(second)
    assert len(encryption_entries(contents)) == 1
    assert authentication_entry(contents).certificate == server.requests[job.id].certificate
    assert enrolled.pending == []


def test_a_token_of_another_authority_is_not_used(enrolled: Workstation, server: Counterpart) -> None:
    job = with_token(server)
    stranger = Counterpart(server.card)
    try:
        server.etk_ra, server.etk_ra_key = stranger.etk_ra, stranger.etk_ra_key
    finally:
        stranger.close()
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "was not made by the eHealth authority" in " ".join(screen.replace("│", " ").split())
    assert encryption_entries(opened(sole(enrolled))) == ()


def renewed(enrolled: Workstation, server: Counterpart) -> tuple[str, CertificateJob]:
    """A first certificate with its token, and the job of its renewal, whose token has to be activated."""
    first = with_token(server)
    code, screen = enrolled.run(first.id)
    assert code == 0, screen
    certificate = server.requests[first.id].certificate
    assert certificate is not None
    job = with_token(server, replaces=facts_of(certificate))
    server.requests[job.id].waits = True
    return first.id, job


def activate(enrolled: Workstation, job_id: str) -> tuple[int, str]:
    """Say yes to an activation and open the store of the renewed certificate; returns exit code and screen."""
    terminal = enrolled.spawn("run", job_id, "--ui", "terminal")
    terminal.expect_exact("[y/N] ")
    terminal.sendline("y")
    terminal.expect_exact("Password of the key store for ")
    terminal.sendline(OTHER_PASSWORD)
    return finish(terminal)


def run_renewal(workstation: Workstation, job_id: str, *extra: tuple[str, str]) -> tuple[int, str]:
    terminal = workstation.spawn("run", job_id, "--ui", "terminal", "--wait", "20")
    terminal.expect_exact("Its present key store is needed")
    terminal.expect_exact("Password of the key store for CBE=0406798006,T1 ")
    terminal.sendline(PASSWORD)
    for prompt, reply in extra:
        terminal.expect_exact(prompt)
        terminal.sendline(reply)
    return answer_all(terminal, OTHER_PASSWORD)


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


def stopped_before_the_token(enrolled: Workstation, server: Counterpart) -> tuple[CertificateJob, Path]:
    """A finished key store whose token could not be made yet."""
    job = with_token(server)
    away = Refused(503, "government_unavailable")
    server.refuse = lambda method, path: away if path.endswith("token/start") else None
    assert enrolled.run(job.id)[0] == 1
    server.refuse = lambda method, path: None
    return job, sole(enrolled)


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


def put_in_a_secret(store: Path) -> None:
    """Add a secret key with Java's keytool, as other software may."""
    command = ["keytool", "-genseckey", "-keyalg", "AES", "-keysize", "256", "-alias", "secret"]
    place = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass:env", "STOREPASS"]
    environment = {"STOREPASS": PASSWORD, "PATH": os.environ["PATH"]}
    subprocess.run([*command, *place], env=environment, check=True, capture_output=True)


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
