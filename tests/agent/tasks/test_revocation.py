"""Ending a certificate at the workstation: the real command, a real token, a server over HTTP."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.card.checks import check_job
from agent.config import Config
from agent.consent.revocation import revocation_page
from agent.errors import AgentError
from agent.language import LANGUAGES, Texts
from agent.scan.dead import stores_with
from agent.wire.jobs import REVOCATION_REASONS, Identifier, Organisation, RevocationJob, RevocationReason
from agent.wire.pki.names import ehealth_dn, name_from_dn
from agent.wire.xml.revoke import build_revoke, read_revoke
from agent.wire.xml.signature import verify_enveloped
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused
from tests.agent.workstation import Workstation, answer_all, finish
from tests.support.cards import PIN, CitizenPki, SoftwareCard
from tests.support.holder import any_key

SIGN = "Do you sign this with your eID? [y/N] "
NOW = datetime.now(UTC)


HOSPITAL = ehealth_dn("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal", "APP_1")


def certified(
    server: Counterpart, *, begins: datetime = NOW - timedelta(days=300), dn: str = HOSPITAL
) -> x509.Certificate:
    """A certificate of the hospital, or of another name, issued by the counterpart's authority."""
    return (
        x509.CertificateBuilder()
        .subject_name(name_from_dn(dn, printable=False))
        .issuer_name(server.ca.subject)
        .public_key(any_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3 * 365))
        .sign(server.ca_key, hashes.SHA256())
    )


@pytest.fixture
def job(server: Counterpart) -> RevocationJob:
    return server.add_revocation(certified(server))


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_a_certificate_is_ended(tmp_path: Path, citizen_pki: CitizenPki, algorithm: str) -> None:
    card = citizen_pki.card(algorithm="rsa" if algorithm == "rsa" else "p384")
    server, workstation = Counterpart(card), Workstation.make(tmp_path, card)
    try:
        workstation.enrol(server.url)
        job = server.add_revocation(certified(server))
        code, screen = workstation.run(job.id)
        assert code == 0, screen
        ending = server.endings[job.id]
        facts = read_revoke(verify_enveloped(ending.signed).data)
        assert facts.content == job.request
        for told in (
            "THIS ENDS A CERTIFICATE FOR GOOD",
            "The key or its password may be in the wrong hands",
            "Laptop gestolen",
            "CBE=0406798006, APP_1",
            "The certificate is revoked",
            "messages that were sealed before",
        ):
            assert told in screen
        assert card.ssin not in screen
        assert PIN not in screen
        assert workstation.pending == []
        code, again = workstation.run(job.id)
        assert (code, "The certificate is revoked" in again) == (0, True), "asked again, it tells the end"
    finally:
        server.close()


def test_the_stores_that_hold_it_are_named(enrolled: Workstation, server: Counterpart) -> None:
    """The store that this agent made itself is known for certain, a copy from elsewhere by its name."""
    request = server.add_job()
    assert enrolled.run(request.id)[0] == 0
    [store] = enrolled.stores
    dead = server.requests[request.id].certificate
    assert dead is not None
    stranger = enrolled.keystores / f"CBE=0406798006,APP_1 {NOW:%Y%m%d}-120000.acc-p12"
    stranger.write_bytes(b"made by the official application" * 9)
    other = enrolled.keystores / "CBE=0406798006,OTHER 20200101-120000.acc-p12"
    other.write_bytes(b"another one" * 20)
    code, screen = enrolled.run(server.add_revocation(dead).id)
    assert code == 0, screen
    flat = screen.replace("\r\n", "").replace("\n", "")
    assert f"This key store holds the revoked certificate: {store}" in flat
    assert f"By its name, this key store holds it too: {stranger}" in flat
    assert str(other) not in flat
    assert store.exists()


def test_an_older_or_newer_store_of_the_name_is_left_out(server: Counterpart, tmp_path: Path) -> None:
    config = Config(tmp_path / "home", (), tmp_path, None, False, None)
    certificate = certified(server, begins=datetime(2025, 3, 10, 12, tzinfo=UTC))
    for day, fits in (("20250310", True), ("20250301", True), ("20250401", False), ("20220310", False)):
        file = tmp_path / f"CBE=0406798006,APP_1 {day}-120000.p12"
        file.write_bytes(day.encode() * 20)
        assert (file in stores_with(config, certificate).likely) is fits
    assert stores_with(config, certificate).certain == ()


@pytest.mark.parametrize("reply", ["", "n", "x", "yes please"])
def test_anything_but_yes_ends_nothing(
    enrolled: Workstation, server: Counterpart, job: RevocationJob, reply: str
) -> None:
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact(SIGN)
    terminal.sendline(reply)
    terminal.expect_exact("Refuse this request for good")
    terminal.sendline("")
    code, screen = finish(terminal)
    assert (code, server.endings[job.id].state) == (4, "ready"), screen


def test_it_can_be_refused_for_good(enrolled: Workstation, server: Counterpart, job: RevocationJob) -> None:
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal")
    terminal.expect_exact(SIGN)
    terminal.sendline("n")
    terminal.expect_exact("Refuse this request for good")
    terminal.sendline("y")
    assert finish(terminal)[0] == 4
    assert server.endings[job.id].state == "declined"
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "refused before" in screen


def test_another_persons_card_ends_nothing(
    enrolled: Workstation, server: Counterpart, job: RevocationJob, citizen_pki: CitizenPki, an: SoftwareCard
) -> None:
    luc = citizen_pki.card(ssin="93051822361", first_names=("Luc",), surname="Dubois", algorithm="p384")
    enrolled.insert(enrolled.configuration / "luc", luc)
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "eID of An Marie Peeters" in screen
    assert an.ssin not in screen
    assert server.endings[job.id].state == "ready"


def test_a_lost_answer_is_asked_for_again(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    lost: list[str] = []

    def lose(method: str, path: str) -> bool:
        if path.endswith("/signed-request") and not lost:
            lost.append(path)
            return True
        return False

    server.lose_answer = lose
    code, screen = enrolled.run(job.id)
    assert code == 0, screen
    assert lost


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("rejected", "refused the revocation: CONTRACT_MISMATCH"),
        ("gave_up", "came to no end"),
        ("cancelled", "was withdrawn"),
    ],
)
def test_what_came_to_nothing_is_said(
    enrolled: Workstation, server: Counterpart, job: RevocationJob, state: str, words: str
) -> None:
    ending = server.endings[job.id]
    ending.state, ending.problem = state, {"code": "x", "title": "t", "detail": "CONTRACT_MISMATCH"}
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert words in " ".join(screen.replace("│", " ").split())


def test_without_confirmation_it_can_be_looked_at_later(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    server.endings[job.id].confirmed = False
    terminal = enrolled.spawn("run", job.id, "--ui", "terminal", "--wait", "1")
    code, screen = answer_all(terminal, "")
    assert code == 3, screen
    assert f"ehportal-agent run {job.id}" in screen
    server.endings[job.id].confirmed = True
    assert enrolled.run(job.id)[0] == 0


def test_a_refusal_of_the_server_is_told(
    enrolled: Workstation, server: Counterpart, job: RevocationJob
) -> None:
    server.refuse = lambda method, path: (
        Refused(409, "mandate_ended") if path.endswith("/signed-request") else None
    )
    code, screen = enrolled.run(job.id)
    assert code == 1
    assert "mandate" in screen


# --- what is shown


def page_of(job: RevocationJob, shown: RevocationJob | None = None, language: str = "en") -> Any:
    data = build_revoke(job.request, request_id=f"_{uuid.uuid4()}", issue_instant=NOW)
    return revocation_page(shown or job, data, Texts(language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REVOCATION_REASONS)
def test_the_page_says_what_ends_and_why(
    server: Counterpart, language: str, reason: RevocationReason
) -> None:
    job = server.add_revocation(certified(server), reason=reason, environment="production")
    page, texts = page_of(job, language=language), Texts(language)
    shown = " ".join(f"{label} {value}" for label, value in page.facts)
    key = job.request.public_key_identifier
    for expected in (
        texts(f"revoke.reason.{reason}"),
        texts("revoke.purpose"),
        "Laptop gestolen",
        "CBE=0406798006, APP_1",
        "AZ SINT-ELISABETH MAASDAL",
        "An Marie Peeters",
        "Luc Dubois",
        job.server,
        key[:8],
        texts("consent.environment.production"),
    ):
        assert expected in shown
    assert page.ends == texts("revoke.ends")
    assert {lang for lang, _ in page.contracts} == {"fr", "nl"}


def test_only_one_story_is_shown(job: RevocationJob) -> None:
    other = replace(job.request, contract=replace(job.request.contract, revocation_reason="superseded"))
    with pytest.raises(AgentError, match="request_inconsistent"):
        page_of(job, replace(job, request=other))
    with pytest.raises(AgentError, match="request_inconsistent"):
        page_of(job, replace(job, certificate=replace(job.certificate, public_key_identifier="00" * 20)))


@pytest.mark.parametrize(
    "changes",
    [
        {"server": "https://elsewhere.example"},
        {"expires_at": NOW - timedelta(seconds=1)},
        {"organisation": Organisation("Other", Identifier("CBE", "0809394427"))},
    ],
)
def test_what_is_not_this_job_is_refused(job: RevocationJob, changes: dict[str, Any]) -> None:
    with pytest.raises(AgentError):
        check_job(replace(job, **changes), origin=job.server, now=NOW)
    other = replace(job.certificate, common_name="CBE=0406798006, OTHER")
    with pytest.raises(AgentError, match="contract_name_mismatch"):
        check_job(replace(job, certificate=other), origin=job.server, now=NOW)
    check_job(job, origin=job.server, now=NOW)
