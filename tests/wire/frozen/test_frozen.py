"""This server understands agents of before, this agent understands servers of before, as they were frozen."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from agent.exchange import Answer
from agent.portal.device import new_device_key
from agent.wire import protocol
from agent.wire.encoding import from_base64
from agent.wire.jobs import KNOWS_HEADER, CertificateJob, fields_known, read_job
from agent.wire.link.checking import CardBeingChecked
from agent.wire.link.proofs import HEADER, verify_proof
from agent.wire.xml.request import read_generate_certificate
from certificates.services.signing.card_signature import verify_signed
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess
from tests.wire.frozen.live import play_live
from tests.wire.frozen.script import FOLDER, Card, frozen, play, portal_with
from tests.wire.link.test_installations import REPORT

PROTOCOLS = sorted(int(folder.name.removeprefix("protocol_")) for folder in FOLDER.glob("protocol_*"))
UNREAD = {
    "body_malformed",
    "report_malformed",
    "agent_too_old",
    "internal_error",
    "not_found",
    "request_malformed",
}


def sitting(number: int) -> dict[str, Any]:
    read: dict[str, Any] = frozen(f"protocol_{number}/sitting.json")
    return read


def body_of(exchanges: list[dict[str, Any]], end: str) -> dict[str, Any]:
    [found] = {one["body"] for one in exchanges if one["path"].endswith(end)}
    read: dict[str, Any] = json.loads(found)
    return read


def test_every_protocol_of_the_range_is_frozen() -> None:
    oldest = min(protocol.OLDEST_AGENT, protocol.OLDEST_SERVER)
    assert set(range(oldest, protocol.NEWEST + 1)) <= set(PROTOCOLS)


@pytest.mark.parametrize("number", PROTOCOLS)
def test_proofs_and_headers_of_before_hold(number: int) -> None:
    told = sitting(number)
    proven = 0
    for one in told["exchanges"]:
        headers = one["headers"]
        assert protocol.spoken(headers.get(protocol.PROTOCOL_HEADER)) == number
        assert "left_out" in fields_known(headers[KNOWS_HEADER])
        if HEADER in headers:
            verify_proof(
                headers[HEADER],
                jwk=told["jwk"],
                method=one["method"],
                url=told["origin"] + one["path"],
                body=one["body"].encode(),
                now=datetime.fromisoformat(one["at"]),
            )
            proven += 1
    assert proven >= 9


@pytest.mark.parametrize("number", PROTOCOLS)
def test_what_a_card_signed_of_before_is_read(number: int) -> None:
    signed = from_base64(body_of(sitting(number)["exchanges"], "/signed-request")["request"])
    verified = verify_signed(signed, "GenerateCertificateRequest")
    assert read_generate_certificate(verified.data).content.application_id == "FROZEN"


@pytest.mark.django_db
@pytest.mark.parametrize("number", PROTOCOLS)
def test_the_server_reads_every_message_of_before(number: int, government: SandboxProcess) -> None:
    """It refuses what is another device's or long over, and nothing for how it is written."""
    make_hospital()
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    codes = []
    for one in sitting(number)["exchanges"]:
        body = json.loads(one["body"]) if one["body"] else None
        answer = holder.call(
            one["method"],
            one["path"],
            body,
            with_key="/enrolments" in one["path"],
            headers={name: text for name, text in one["headers"].items() if name != HEADER},
        )
        code = answer.json().get("code") if answer.status_code >= 400 else ""
        assert code not in UNREAD, (one["path"], code)
        assert answer.status_code < 500, one["path"]
        codes.append(code)
    assert codes.count("") >= 5, codes


@pytest.mark.parametrize("number", PROTOCOLS)
def test_the_agent_understands_the_answers_of_before(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    told = sitting(number)
    answers = iter(told["exchanges"])

    def answered(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        one = next(answers)
        assert (method, url) == (one["method"], told["origin"] + one["path"])
        return Answer(one["status"], one["answer_headers"], one["answer"].encode())

    signed = body_of(told["exchanges"], "/signed-request")["request"]
    card = Card(lambda nonce: b"", (), "ES384", lambda job: from_base64(signed))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    portal = portal_with(answered, new_device_key(), told["origin"], monkeypatch)
    assert play(portal, card, REPORT).results == told["results"]
    assert next(answers, None) is None, "every answer was read"


@pytest.mark.parametrize("number", PROTOCOLS)
def test_job_documents_of_before_are_read_to_the_letter(number: int) -> None:
    jobs = frozen(f"protocol_{number}/jobs.json")
    assert len(jobs) >= 6
    for name, document in jobs.items():
        job = read_job(json.dumps(document).encode())
        kept = {field: value for field, value in job.to_json().items() if field in document}
        assert kept == document, name
        added = set(job.to_json()) - set(document)
        assert added <= type(job).optional, "what is new is optional"


@pytest.mark.django_db
def test_the_newest_protocol_is_still_what_was_frozen(
    government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strict inside a protocol: a field more or less in a message is a change that somebody decided."""
    then = sitting(protocol.NEWEST)["exchanges"]
    now = play_live(government, monkeypatch).exchanges
    assert [_form(one) for one in now] == [_form(one) for one in then]
    assert any(CardBeingChecked.from_json(json.loads(one["answer"])) for one in now)


@pytest.mark.django_db
def test_an_agent_of_before_goes_through_a_whole_sitting(
    government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is never told of a check that it could not understand, and ends where it ended before."""
    live = play_live(government, monkeypatch, of_before=True)
    then = sitting(protocol.FIRST)
    assert [(one["method"], one["status"]) for one in live.exchanges] == [
        (one["method"], one["status"]) for one in then["exchanges"]
    ]
    assert live.sitting.results["refused"] == then["results"]["refused"]
    assert live.sitting.results["outcome"] == then["results"]["outcome"]


def _form(one: dict[str, Any]) -> tuple[object, ...]:
    """What a message is like, whatever it says."""
    place = ["ID" if len(part) in (22, 36) else part for part in one["path"].split("/")]
    return (
        one["method"],
        place,
        sorted(one["headers"]),
        _names(json.loads(one["body"] or "{}")),
        one["status"],
        _names(json.loads(one["answer"])),
    )


def _names(value: object) -> object:
    if isinstance(value, dict):
        return {name: _names(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_names(inner) for inner in value[:1]]
    return type(value).__name__


def test_the_kinds_of_jobs_are_those_that_were_frozen() -> None:
    jobs = frozen(f"protocol_{protocol.NEWEST}/jobs.json")
    assert isinstance(read_job(json.dumps(jobs["renewal"]).encode()), CertificateJob)
