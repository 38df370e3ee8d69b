"""Ending a certificate with a lying server, a card that goes or refuses, and key stores that must stay as they are."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.config import Config
from agent.consent.revocation import revocation_page
from agent.errors import AgentError
from agent.language import Texts
from agent.scan.dead import stores_with
from agent.wire.jobs import LocalisedText, RevocationJob
from agent.wire.pki.names import ehealth_dn
from agent.wire.xml.revoke import build_revoke
from tests.agent.counterpart import Counterpart
from tests.agent.tasks.test_revocation import SIGN, certified
from tests.agent.tokens.desk import Refused, answer_json, facts_of
from tests.agent.workstation import Workstation, finish
from tests.support.cards import PIN
from tests.support.effort import until

NOW = datetime.now(UTC)
REQUEST_ID = "_12345678-1234-4234-8234-123456789abc"
ASKS_PIN = "PIN of your eID, to sign: "


@pytest.fixture
def job(server: Counterpart) -> RevocationJob:
    return server.add_revocation(certified(server))


def flat(screen: str) -> str:
    return " ".join(screen.replace("│", " ").split())


# --- a server that lies


def test_no_store_is_called_dead_for_another_certificate(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    """The server may say what it likes at the end: the certificate that ends is the one that was signed for."""
    request = server.add_job()
    assert enrolled.run(request.id)[0] == 0
    alive = server.requests[request.id].certificate
    assert alive is not None
    server.endings[job.id].certificate = alive
    code, screen = enrolled.run(job.id)
    assert code == 1, screen
    assert "something unexpected" in screen
    assert "holds the revoked certificate" not in screen
    assert enrolled.stores[0].name not in screen


@pytest.mark.parametrize("state", ["issued", "offered", ""])
def test_a_state_that_no_revocation_has(
    enrolled: Workstation,
    server: Counterpart,
    job: RevocationJob,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    ending = server.endings[job.id]
    tell = server._tell

    def lie(told: Any) -> tuple[int, bytes]:
        told.state = state if told.signed else told.state
        return tell(told)

    monkeypatch.setattr(server, "_tell", lie)
    code, screen = enrolled.run(job.id)
    assert ending.signed
    assert code == 1, screen
    assert "Traceback" not in screen
    assert "something unexpected" in screen


def test_an_expired_job_is_neither_shown_nor_signed(enrolled: Workstation, server: Counterpart) -> None:
    job = server.add_revocation(certified(server), expires_at=NOW - timedelta(seconds=1))
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "finished, cancelled or expired" in flat(screen)
    assert "THIS ENDS" not in screen
    assert not server.endings[job.id].signed


def test_a_job_that_ended_before_it_was_signed(
    enrolled: Workstation, server: Counterpart, job: RevocationJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server gives no document of it any more, and says that it still waits for a signature."""
    server.refuse = lambda method, path: Refused(409, "job_closed") if path.endswith(job.id) else None
    outcome = {"kind": job.kind, "state": "offered", "poll_after_seconds": 2}
    monkeypatch.setattr(server, "_tell", lambda ending: answer_json(200, outcome))
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "finished, cancelled or expired" in flat(screen)
    assert enrolled.pending == []


def test_every_text_that_is_signed_can_be_read(job: RevocationJob) -> None:
    """Of two texts in one language both are shown; one without words is not offered, and no contract is empty."""
    good, bad = LocalisedText("nl", "<p>Goed</p>"), LocalisedText("NL", "<p>Slecht</p>")
    hidden = LocalisedText("fr", "<script>Mauvais</script>")

    def lying(*texts: LocalisedText) -> RevocationJob:
        contract = replace(job.request.contract, texts=texts)
        return replace(job, request=replace(job.request, contract=contract))

    [(language, blocks)] = page_of(lying(good, bad, hidden)).contracts
    assert (language, [block.text for block in blocks]) == ("nl", ["Goed", "Slecht"])
    with pytest.raises(AgentError, match="request_inconsistent"):
        page_of(lying(hidden))


def page_of(job: RevocationJob) -> Any:
    data = build_revoke(job.request, request_id=REQUEST_ID, issue_instant=NOW)
    return revocation_page(job, data, Texts("en"))


def test_what_looks_like_xml_stays_text(enrolled: Workstation, server: Counterpart) -> None:
    contract = server.add_revocation(certified(server)).request.contract
    html = "<p>Lees</p>]]>&lol;<!ENTITY lol 'x'></certra:Value><certra:RevocationReason>superseded"
    texts = (LocalisedText("en", html), LocalisedText("nl", "<p>Lees dit.</p>"))
    job = server.add_revocation(certified(server))
    hostile = replace(job, request=replace(job.request, contract=replace(contract, texts=texts)))
    server.endings[job.id].job = hostile
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "may be in the wrong hands" in screen, "the reason of the job, not the one in the text"


def test_a_contract_that_does_not_fit_is_refused_before_the_card(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    texts = (LocalisedText("nl", "&" * 90_000),)
    contract = replace(job.request.contract, texts=texts)
    server.endings[job.id].job = replace(job, request=replace(job.request, contract=contract))
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "larger than allowed" in screen
    assert ASKS_PIN not in screen


# --- the card


def test_a_wrong_pin_is_one_try_and_ends_nothing(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    terminal = enrolled.up_to_pin(job.id, SIGN, ASKS_PIN)
    terminal.sendline("9999")
    code, screen = finish(terminal)
    assert code == 1
    assert ASKS_PIN not in screen
    assert server.endings[job.id].state == "ready"
    assert enrolled.run(job.id)[0] == 0


def test_a_card_that_was_pulled_ends_nothing(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    terminal = enrolled.up_to_pin(job.id, SIGN, ASKS_PIN)
    tokens = enrolled.configuration / "card"
    shutil.move(tokens, enrolled.configuration / "pocket")
    terminal.sendline(PIN)
    code, screen = finish(terminal)
    assert code == 1, screen
    assert "Traceback" not in screen
    assert server.endings[job.id].state == "ready"
    shutil.move(enrolled.configuration / "pocket", tokens)
    assert enrolled.run(job.id)[0] == 0


def test_a_crash_between_signing_and_the_end_is_taken_up(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    """The signed bytes arrived and the command died before it heard so."""
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    server.lose_answer = lambda method, path: path.endswith("/signed-request")
    terminal.expect_exact(SIGN)
    terminal.sendline("y")
    terminal.expect_exact(ASKS_PIN)
    terminal.sendline(PIN)
    terminal.expect_exact("Sending the signed revocation.")
    until(lambda: server.endings[job.id].signed, "the signed revocation")
    terminal.kill(9)
    terminal.close()
    server.lose_answer = lambda method, path: False
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "The certificate is revoked" in screen
    assert enrolled.pending == []


def test_two_commands_end_one_certificate_once(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    first = enrolled.spawn("run", job.id, "--ui", "terminal")
    first.expect_exact(SIGN)
    assert enrolled.run(job.id)[0] == 0
    signed = server.endings[job.id].signed
    first.sendline("y")
    first.expect_exact(ASKS_PIN)
    first.sendline(PIN)
    code, screen = finish(first)
    assert code == 1
    assert "finished, cancelled or expired" in flat(screen)
    assert server.endings[job.id].signed == signed


# --- key stores


def test_a_store_of_the_other_environment_is_not_dead(server: Counterpart, tmp_path: Path) -> None:
    """People ask for the test certificate and the real one in the same week, under the same name."""
    config = Config(tmp_path / "home", (), tmp_path, None, False, None)
    certificate = certified(server, begins=datetime(2025, 3, 10, 12, tzinfo=UTC))
    real = tmp_path / "CBE=0406798006,APP_1 20250309-120000.p12"
    test = tmp_path / "CBE=0406798006,APP_1 20250310-120000.acc-p12"
    for file in (real, test):
        file.write_bytes(file.name.encode() * 9)
    assert stores_with(config, certificate, "acceptance").likely == (test,)
    assert stores_with(config, certificate, "production").likely == (real,)


def test_a_store_of_the_other_environment_is_not_called_dead(
    enrolled: Workstation, server: Counterpart
) -> None:
    """Also not by a run that takes up one whose document is gone."""
    enrolled.keystores.mkdir()
    job = server.add_revocation(certified(server, begins=NOW))
    stores = [
        enrolled.keystores / f"CBE=0406798006,APP_1 {NOW:%Y%m%d}-120000.{end}" for end in ("p12", "acc-p12")
    ]
    for file in stores:
        file.write_bytes(file.name.encode() * 9)
    for _again in range(2):
        code, screen = enrolled.run(job.id)
        assert code == 0, screen
        told = screen.replace("\r\n", "")
        assert str(stores[1]) in told
        assert str(stores[0]) not in told
    for file in stores:
        assert file.read_bytes() == file.name.encode() * 9, "told, and left alone"


def test_no_national_number_in_the_name_of_a_store_is_shown(
    enrolled: Workstation, server: Counterpart
) -> None:
    ssin = server.card.ssin
    certificate = certified(server, begins=NOW, dn=ehealth_dn("SSIN", ssin, "An Marie Peeters", None))
    facts = replace(facts_of(certificate), common_name=f"SSIN={ssin[:2]}••••••{ssin[-3:]}")
    enrolled.keystores.mkdir()
    store = enrolled.keystores / f"SSIN={ssin} {NOW:%Y%m%d}-120000.acc-p12"
    store.write_bytes(b"made by the official application" * 9)
    job = server.add_personal_revocation(certificate, facts)
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "this key store holds it too" in screen
    assert ssin not in screen


def test_a_folder_that_cannot_be_looked_into_changes_nothing(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    settings = enrolled.home / "agent.toml"
    settings.write_text(settings.read_text().replace(str(enrolled.keystores), f"/{'x' * 300}"))
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert "The certificate is revoked" in screen
    assert "Traceback" not in screen
