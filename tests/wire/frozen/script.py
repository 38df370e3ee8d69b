"""One sitting of an agent with a server, call by call: played once to freeze it, and again with what was frozen."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.test import Client

from agent.config import Config
from agent.errors import PortalError
from agent.exchange import Answer
from agent.portal.client import Portal
from agent.wire.jobs import KNOWS_HEADER, CertificateJob
from agent.wire.link.installations import InstallationReport
from agent.wire.link.proofs import HEADER
from agent.wire.protocol import PROTOCOL_HEADER

FOLDER = Path(__file__).parent
SENT = (HEADER, KNOWS_HEADER, PROTOCOL_HEADER)
ANSWERED = ("Content-Type", PROTOCOL_HEADER)


@dataclass
class Card:
    """What the sitting needs of a card: it signs an enrolment, and a request."""

    identify: Callable[[bytes], bytes]
    chain: tuple[bytes, ...]
    algorithm: str
    sign: Callable[[CertificateJob], bytes]


@dataclass
class Sitting:
    """What came of it, to compare a later playing with."""

    results: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, value: object) -> None:
        self.results[name] = repr(value)


def play(portal: Portal, card: Card, report: InstallationReport) -> Sitting:
    """Enrol, agree, read and sign a job, follow it, report, and ask for what is not there."""
    sitting = Sitting()
    sitting.note("hello", portal.hello().origin)
    identifier, nonce = portal.start_enrolment()
    enrolled = portal.finish_enrolment(
        identifier,
        signature=card.identify(nonce),
        algorithm=card.algorithm,
        chain=card.chain,
        label="frozen desk",
    )
    sitting.note("enrolled", enrolled)
    for asking in portal.organisations().waiting:
        portal.agree(asking)
    sitting.note("organisations", portal.organisations())
    sitting.note("device", portal.device())
    jobs = portal.jobs()
    sitting.note("jobs", jobs)
    job = portal.job(jobs[0].id)
    assert isinstance(job, CertificateJob)
    sitting.note("job", job)
    sitting.note("submitted", portal.submit(job.id, card.sign(job)))
    outcome = portal.outcome(job.id)
    sitting.note("outcome", (outcome.state, outcome.kind, outcome.poll_after_seconds))
    sitting.note("report", portal.report_installations(report))
    with pytest.raises(PortalError) as refused:
        portal.decline("A" * 21 + "A", "")
    sitting.note("refused", refused.value.code)
    return sitting


def portal_with(
    exchange: Callable[[str, str, Mapping[str, str], bytes], Answer],
    key: ec.EllipticCurvePrivateKey,
    origin: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Portal:
    """The agent's client, whose calls go to `exchange` with all headers."""
    portal = Portal(Config(FOLDER, (), FOLDER, "en", False, None), origin, key, "en")

    def carried(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        own = {str(name): str(value) for name, value in portal._session.headers.items()}
        return exchange(method, url, {**own, **headers}, body)

    monkeypatch.setattr(portal, "_exchange", carried)
    return portal


@dataclass
class Recorder:
    """The server itself, in this process, and every exchange with it."""

    client: Client = field(default_factory=Client)
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = urlsplit(url).path
        sent = {name: value for name, value in headers.items() if name in (*SENT, "Accept-Language")}
        answer = self.client.generic(method, path, body, content_type="application/json", headers=sent)
        self.exchanges.append(
            {
                "method": method,
                "path": path,
                "at": datetime.now(UTC).isoformat(),
                "headers": {name: sent[name] for name in SENT if name in sent},
                "body": body.decode(),
                "status": answer.status_code,
                "answer_headers": {name: answer.headers[name] for name in ANSWERED},
                "answer": answer.content.decode(),
            }
        )
        return Answer(answer.status_code, answer.headers, answer.content)


def frozen(name: str) -> Any:
    """Read a file of a frozen protocol."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def origin() -> str:
    return str(settings.ORIGIN)
