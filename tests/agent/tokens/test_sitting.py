"""The encryption token in the same sitting, renewal with the old store's keys, activation and the self test."""

import pytest
from cryptography import x509

from agent.stores.contents import authentication_entry, encryption_entries
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused
from tests.agent.tokens.interrupting import put_in_a_secret, stopped_before_the_token
from tests.agent.tokens.renewing import renewed, run_renewal
from tests.agent.tokens.runs import OTHER_PASSWORD, opened, sole, with_token
from tests.agent.workstation import PASSWORD, Workstation, finish


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
