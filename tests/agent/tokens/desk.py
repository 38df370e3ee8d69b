"""The part of the server's side that makes encryption tokens, and what the whole of it keeps of a job."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.encoding import from_base64, to_base64
from agent.wire.jobs import CertificateFacts, CertificateJob
from agent.wire.link.sessions import SessionPlace, SessionProof
from agent.wire.pki.keys import certificate_fingerprint, public_key_identifier
from agent.wire.pki.names import certificate_name
from agent.wire.tokens.encryption_certificate import check_encryption_certificate
from agent.wire.xml.question import read_info_for_certificate
from agent.wire.xml.signature import verify_enveloped
from agent.wire.xml.token import read_activate, read_complete_registration, read_start_registration
from tests.support.tokens import make_challenge, make_token

Json = dict[str, Any]


@dataclass
class Token:
    """What became of a request's encryption token."""

    serial: bytes
    key: rsa.RSAPublicKey
    certificate: bytes = b""
    etk: bytes = b""
    active: bool = False
    stored: bool = False
    proofs: list[str] = field(default_factory=list)


@dataclass
class Request:
    """One job and what became of it."""

    job: CertificateJob
    state: str = "ready"
    signed: bytes = b""
    key_identifier: str = ""
    certificate: x509.Certificate | None = None
    issue: bool = True
    problem: Json | None = None
    stored: list[str] = field(default_factory=list)
    token: Token | None = None
    waits: bool = False
    """Whether its token has to be activated."""
    etk_lost: bool = False
    """Whether the token was made in a call whose answer got lost, so that nobody can hand it out."""
    declined_because: str = ""
    records_asked: int = 0


class Refused(Exception):
    """Answered as a problem document."""

    def __init__(self, status: int, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.extra = status, code, extra


class TokenDesk:
    """Answers each step of a token, as strictly as the platform does."""

    ca: x509.Certificate
    etk_ra: x509.Certificate
    etk_ra_key: rsa.RSAPrivateKey
    next_serial: bytes = b""
    session_place: SessionPlace | None = None
    """Where the agent is told to ask for a session; a server of before tells nothing."""
    session_proofs: list[SessionProof]

    @staticmethod
    def _own(request: Request, body: Json) -> bytes:
        """The bytes of a request that the certificate's own key signed."""
        signed = from_base64(body["request"])
        if verify_enveloped(signed).certificate != request.certificate:
            raise Refused(422, "wrong_certificate")
        return signed

    def _start_token(self, request: Request, body: Json) -> tuple[int, bytes]:
        key = read_start_registration(self._own(request, body)).public_key
        if request.token is not None and request.token.certificate:
            raise Refused(409, "government_refused", codes=["ETK_ALREADY_REGISTERED"])
        serial, self.next_serial = self.next_serial or secrets.token_bytes(16), b""
        request.token = Token(serial, key)
        return answer_json(200, {"challenge": to_base64(make_challenge(key, serial))})

    def _complete_token(self, request: Request, body: Json) -> tuple[int, bytes]:
        der = read_complete_registration(self._own(request, body)).certificate_der
        token, own = request.token, request.certificate
        if token is None or own is None or token.certificate not in (b"", der):
            raise Refused(409, "government_refused", codes=["ETK_REGISTRATION_NOT_STARTED"])
        made = check_encryption_certificate(der, own)
        if made.serial_number != int.from_bytes(token.serial, "big") or made.public_key() != token.key:
            raise Refused(409, "government_refused", codes=["INVALID_ENCRYPTION_CERTIFICATE"])
        token.certificate, token.active = der, not request.waits
        token.etk = token.etk or make_token(self, der, [self.etk_ra, own])
        return answer_json(
            200,
            {
                "etk": None if request.etk_lost else to_base64(token.etk),
                "to_be_activated": request.waits,
                "trust_anchors": self._anchors(),
            },
        )

    def _anchors(self) -> list[str]:
        return [to_base64(self.ca.public_bytes(Encoding.DER))]

    @staticmethod
    def _token_stored(request: Request, body: Json) -> tuple[int, bytes]:
        if request.token is None or body["serial"] != str(int.from_bytes(request.token.serial, "big")):
            raise Refused(404, "token_unknown")
        request.token.stored = True
        return answer_json(200, {"state": "stored"})

    def _activate_token(self, request: Request, body: Json) -> tuple[int, bytes]:
        read_activate(self._own(request, body))
        assert request.token is not None
        request.token.active = True
        return answer_json(200, {"state": "active"})

    def _depot(self, request: Request, body: Json) -> tuple[int, bytes]:
        token = request.token
        etk = to_base64(token.etk) if token is not None and token.active else None
        return answer_json(200, {"etk": etk, "trust_anchors": self._anchors()})

    def _own_record(self, request: Request, body: Json) -> tuple[int, bytes]:
        read_info_for_certificate(self._own(request, body))
        request.records_asked += 1
        return answer_json(
            200, {"status": "VALID_ACTIVE", "token_status": "VALID_ACTIVE", "replaceable_from": None}
        )

    def _session(self, request: Request, body: Json) -> tuple[int, bytes]:
        if body:
            self.session_proofs.append(SessionProof.from_json(body))
            return answer_json(200, {"passed": self.session_proofs[-1].passed})
        if self.session_place is None:
            raise Refused(404, "not_found")
        return answer_json(200, {"place": self.session_place.to_json()})

    @staticmethod
    def _proof(request: Request, body: Json) -> tuple[int, bytes]:
        assert request.token is not None
        request.token.proofs.append(body["finding"])
        return answer_json(200, {"passed": body["finding"] == "ok"})


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """A certificate as jobs name it."""
    return CertificateFacts(
        certificate_fingerprint(certificate),
        public_key_identifier(certificate.public_key()),
        str(certificate_name(certificate.subject)),
        certificate.not_valid_after_utc,
    )


def job_line(request: Request) -> Json:
    """A request as the list of jobs shows it."""
    job = request.job
    return {
        "id": job.id,
        "kind": job.kind,
        "organisation": job.organisation.name,
        "certificate_name": "CBE=0406798006, APP_1",
        "environment": job.environment,
        "state": request.state,
        "created_at": job.requested_at.isoformat(),
        "expires_at": job.expires_at.isoformat(),
    }


def answer_json(status: int, value: Json) -> tuple[int, bytes]:
    return status, json.dumps(value).encode()
