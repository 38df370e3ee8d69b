"""The server's side of the link for the agent's tests: a real HTTP server that checks proofs and requests.

It keeps its word literally (bytes, ids, states) and can be told to fail: lose an answer after acting, refuse,
answer 503, sign with another authority. It is not the product's server; journeys use that one.
"""

import json
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.encoding import from_base64, to_base64, to_base64url
from agent.wire.errors import ProofInvalid, WireError
from agent.wire.jobs import (
    KNOWS_HEADER,
    ActivateTokenJob,
    CertificateContent,
    CertificateJob,
    CheckTokenJob,
    ContactData,
    Contract,
    Environment,
    Identifier,
    LocalisedText,
    MakeTokenJob,
    Organisation,
    Signer,
    TokenFacts,
)
from agent.wire.link import enrolment, proofs
from agent.wire.link.checking import CardBeingChecked, GovernmentBeingAsked
from agent.wire.link.installations import InstallationReport, InstallationsMatched
from agent.wire.pki.keys import certificate_fingerprint, read_csr
from agent.wire.pki.names import ehealth_dn, name_from_dn
from agent.wire.xml.request import read_generate_certificate
from agent.wire.xml.signature import verify_enveloped
from tests.agent.authority import certified, make_authority
from tests.agent.tasks.organisations_desk import MAASDAL, OrganisationsDesk
from tests.agent.tasks.records_desk import Asking, RecordsDesk
from tests.agent.tasks.revocation_desk import Ending, RevocationDesk
from tests.agent.tokens.desk import Json, Refused, Request, TokenDesk, answer_json, facts_of, job_line
from tests.support.cards import SoftwareCard

CONTRACT = (
    "<!DOCTYPE html><html><head><title>Contract</title><style>p{color:red}</style></head><body>"
    "<h1>Contrat eHealth</h1><p>Vous demandez un certificat pour <b>AZ Sint-Elisabeth Maasdal</b>.</p>"
    "<ol><li>Gardez la clé secrète.</li><li>Révoquez-la en cas de doute.</li></ol>"
    "<script>alert('never')</script><p>Voir <a href='https://example.org/conditions'>conditions</a>.</p>"
    "</body></html>"
)


class Counterpart(TokenDesk, RevocationDesk, RecordsDesk, OrganisationsDesk):
    """The running server; `url` is its origin."""

    def __init__(self, card: SoftwareCard) -> None:
        self.card = card
        self.ca_key, self.ca = make_authority()
        self.etk_ra_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.etk_ra = certified((self.ca_key, self.ca), "ETK-RA", self.etk_ra_key.public_key())
        self.token_jobs: dict[str, MakeTokenJob | ActivateTokenJob | CheckTokenJob] = {}
        self.devices: dict[str, proofs.Jwk] = {}
        self.nonces: dict[str, bytes] = {}
        self.requests: dict[str, Request] = {}
        self.endings: dict[str, Ending] = {}
        self.askings: dict[str, Asking] = {}
        self.agreed, self.waiting, self.statements = [MAASDAL], [], []
        self.answers: dict[str, tuple[str, int, bytes]] = {}
        self.submitted_keys: list[str] = []
        self.reports: list[InstallationReport] = []
        self.session_proofs = []
        self.knows: list[str] = []
        self.checks_of_cards = 0
        """How often from now on a call with a card's signature hears that the card is being checked."""
        self.questions_asked = 0
        """How often from now on a call hears that the government is being asked."""
        self.matched = InstallationsMatched(matched=2, unknown=1, gone=4)
        self.calls: list[tuple[str, str, int]] = []
        self.clock_offset = timedelta()
        self.lose_answer: Callable[[str, str], bool] = lambda method, path: False
        self.refuse: Callable[[str, str], Refused | None] = lambda method, path: None
        self._lock = threading.Lock()
        counterpart = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                counterpart.answer(self, "GET", b"")

            def do_POST(self) -> None:
                counterpart.answer(self, "POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add_job(
        self,
        *,
        environment: Environment = "acceptance",
        application_id: str | None = "APP_1",
        html: str = CONTRACT,
        **changes: Any,
    ) -> CertificateJob:
        dn = ehealth_dn("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal", application_id)
        signer = Signer((Identifier("SSIN", self.card.ssin),), self.card.first_names, self.card.surname)
        contract = Contract(
            dn, signer, (LocalisedText("fr", html), LocalisedText("nl", "<p>Nederlandse tekst.</p>"))
        )
        contact = ContactData("an@example.org", None, "+32 2 555 01 01", "+32 2 555 01 00")
        content = CertificateContent(contact, contract, application_id, ("tsa",))
        now = datetime.now(UTC)
        facts: Json = {
            "id": to_base64url(secrets.token_bytes(16)),
            "server": self.url,
            "expires_at": now + timedelta(hours=1),
            "organisation": Organisation("AZ Sint-Elisabeth Maasdal", Identifier("CBE", "0406798006")),
            "environment": environment,
            "requested_by": "Luc Dubois",
            "requested_at": now,
            "reason": "Nieuwe toepassing",
            "request": content,
        }
        job = CertificateJob(**{**facts, **changes})
        self.requests[job.id] = Request(job)
        return job

    def add_token_job(self, kind: type[ActivateTokenJob] | type[CheckTokenJob], job_id: str) -> str:
        """A job on the token of a finished request; returns its id."""
        request = self.requests[job_id]
        header = self._header_of(request)
        assert request.certificate is not None
        assert request.token is not None
        serial = int.from_bytes(request.token.serial, "big")
        facts = TokenFacts(serial, request.certificate.not_valid_after_utc)
        return self._offer(request, kind(**header, token=facts))

    def add_making_job(self, request: Request) -> str:
        """A job that makes the token of a certificate whose key store is there already; returns its id."""
        return self._offer(request, MakeTokenJob(**self._header_of(request)))

    def _header_of(self, request: Request) -> dict[str, Any]:
        """What every job about the certificate of a finished request says."""
        assert request.certificate is not None
        job = request.job
        return {
            "id": to_base64url(secrets.token_bytes(16)),
            "server": self.url,
            "expires_at": job.expires_at,
            "organisation": job.organisation,
            "environment": job.environment,
            "requested_by": job.requested_by,
            "requested_at": job.requested_at,
            "reason": "",
            "certificate": facts_of(request.certificate),
        }

    def _offer(self, request: Request, made: MakeTokenJob | ActivateTokenJob | CheckTokenJob) -> str:
        self.token_jobs[made.id] = made
        self.requests[made.id] = request
        return made.id

    def answer(self, handler: BaseHTTPRequestHandler, method: str, body: bytes) -> None:
        path = handler.path
        try:
            refusal = self.refuse(method, path)
            if refusal:
                raise refusal
            with self._lock:
                self.knows = handler.headers.get(KNOWS_HEADER, "").split(",")
                status, data = self._proven(handler.headers.get(proofs.HEADER), method, path, body)
            kind = "application/json"
        except Refused as error:
            status, kind = error.status, "application/problem+json"
            problem = {
                "type": "about:blank",
                "title": "Refused",
                "status": status,
                "detail": "No.",
                "code": error.code,
            }
            data = json.dumps({**problem, **error.extra}).encode()
        self.calls.append((method, path, status))
        if self.lose_answer(method, path):
            handler.close_connection = True
            return
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _proven(self, token: str | None, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if path == "/agent/v1/hello":
            now = datetime.now(UTC) + self.clock_offset
            return answer_json(
                200, {"name": "ehportal", "version": "1", "time": now.isoformat(), "origin": self.url}
            )
        try:
            claimed = proofs.read_proof(token or "")
            enrolling = path.startswith("/agent/v1/enrolments")
            jwk = claimed.jwk if enrolling else self.devices.get(claimed.kid)
            if jwk is None:
                raise Refused(401, "device_unknown")
            now = datetime.now(UTC) + self.clock_offset
            proof = proofs.verify_proof(
                token or "", jwk=jwk, method=method, url=self.url + path, body=body, now=now
            )
        except ProofInvalid as error:
            server_time = (datetime.now(UTC) + self.clock_offset).isoformat()
            raise Refused(401, error.code, server_time=server_time) from None
        if proof.jti in self.answers:
            seen, status, data = self.answers[proof.jti]
            if seen != token or method != "POST":
                raise Refused(401, "proof_replayed")
            return status, data
        status, data = self._route(method, path, json.loads(body or b"{}"), jwk)
        self.answers[proof.jti] = (token or "", status, data)
        return status, data

    def _route(self, method: str, path: str, body: Json, jwk: proofs.Jwk) -> tuple[int, bytes]:
        parts = path.removeprefix("/agent/v1/").split("/")
        if self.checks_of_cards and parts[-1] in {"signed-request", "records", *self.nonces}:
            self.checks_of_cards -= 1
            return answer_json(202, CardBeingChecked(10).to_json())
        if self.questions_asked:
            self.questions_asked -= 1
            return answer_json(202, GovernmentBeingAsked(10).to_json())
        if parts[0] == "enrolments":
            return self._enrol(parts[1:], body, jwk)
        if parts[0] == "device":
            return answer_json(
                200, {**self._device(jwk), "label": "test", "enrolled_at": "2026-01-01T00:00:00Z"}
            )
        if parts[0] == "organisations":
            return self.organisations_step(parts[1:], body)
        if parts == ["checks"]:
            return self._check(body)
        if parts == ["tokens"]:
            return self._make(body)
        if parts == ["installations"] and method == "POST":
            self.reports.append(InstallationReport.from_json(body))
            return answer_json(200, self.matched.to_json())
        if parts == ["jobs"]:
            return answer_json(200, {"jobs": [job_line(request) for request in self.requests.values()]})
        step = "/".join(parts[2:])
        if parts[1] in self.endings:
            return self.revocation_step(self.endings[parts[1]], step, body)
        if parts[1] in self.askings:
            return self.records_step(self.askings[parts[1]], step, body)
        request = self.requests.get(parts[1])
        if request is None or (self.only_for_agreed and not self.agreed):
            raise Refused(404, "job_unknown")
        if parts[1] in self.token_jobs and not step:
            return answer_json(200, self.token_jobs[parts[1]].to_json())
        steps = {
            "token/start": self._start_token,
            "token/complete": self._complete_token,
            "token/stored": self._token_stored,
            "token/activate": self._activate_token,
            "token/depot": self._depot,
            "token/proof": self._proof,
            "session": self._session,
            "own-record": self._own_record,
            "signed-request": self._submit,
            "outcome": self._outcome,
            "stored": self._stored,
            "decline": self._decline,
            "": self._job,
        }
        return steps[step](request, body)

    def _check(self, body: Json) -> tuple[int, bytes]:
        for job_id, request in self.requests.items():
            own = request.certificate
            if own is not None and certificate_fingerprint(own) == body["fingerprint"] and request.token:
                return answer_json(201, {"job_id": self.add_token_job(CheckTokenJob, job_id)})
        raise Refused(404, "job_unknown")

    def _make(self, body: Json) -> tuple[int, bytes]:
        for request in list(self.requests.values()):
            own = request.certificate
            if own is not None and certificate_fingerprint(own) == body["fingerprint"]:
                return answer_json(201, {"job_id": self.add_making_job(request)})
        raise Refused(404, "job_unknown")

    def _enrol(self, parts: list[str], body: Json, jwk: proofs.Jwk) -> tuple[int, bytes]:
        if not parts:
            identifier = secrets.token_urlsafe(16)
            self.nonces[identifier] = secrets.token_bytes(32)
            expires = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
            nonce = to_base64url(self.nonces[identifier])
            return answer_json(201, {"enrolment_id": identifier, "nonce": nonce, "expires_at": expires})
        nonce_bytes = self.nonces.pop(parts[0], None)
        if nonce_bytes is None:
            raise Refused(404, "enrolment_unknown")
        leaf = x509.load_der_x509_certificate(from_base64(body["certificates"][0]))
        message = enrolment.enrolment_message(self.url, nonce_bytes, proofs.thumbprint_bytes(jwk))
        try:
            enrolment.verify_enrolment_signature(
                leaf, message, from_base64(body["signature"]), body["algorithm"]
            )
        except WireError:
            raise Refused(422, "signature_invalid") from None
        if leaf != self.card.authentication or len(body["certificates"]) != 3:
            raise Refused(422, "holder_unknown")
        self.devices[proofs.thumbprint(jwk)] = jwk
        return answer_json(201, self._device(jwk))

    def _device(self, jwk: proofs.Jwk) -> Json:
        holder = {"first_names": list(self.card.first_names), "name": self.card.surname}
        organisations = [one.name for one in self.agreed]
        return {"device_id": proofs.thumbprint(jwk)[:12], "holder": holder, "organisations": organisations}

    @staticmethod
    def _job(request: Request, body: Json) -> tuple[int, bytes]:
        if request.state != "ready":
            raise Refused(409, "job_closed")
        return answer_json(200, request.job.to_json())

    def _submit(self, request: Request, body: Json) -> tuple[int, bytes]:
        signed = from_base64(body["request"])
        verified = verify_enveloped(signed)
        facts = read_generate_certificate(verified.data)
        csr = read_csr(facts.csr_der)
        if csr.public_key_identifier not in self.submitted_keys:
            self.submitted_keys.append(csr.public_key_identifier)
        if request.signed:
            if request.signed != signed:
                raise Refused(409, "job_closed")
        else:
            if request.state != "ready":
                raise Refused(409, "job_closed")
            if verified.certificate != self.card.signature:
                raise Refused(422, "wrong_signer")
            if facts.content != request.job.request:
                raise Refused(422, "contract_altered")
            request.signed, request.state = signed, "waiting"
            request.key_identifier = csr.public_key_identifier
            if request.issue:
                self.deliver(request.job.id)
        return answer_json(202, {"state": "submitting", "public_key_identifier": csr.public_key_identifier})

    def deliver(self, job_id: str, *, key: rsa.RSAPublicKey | None = None, dn: str | None = None) -> None:
        """Issue the certificate, for another key or name when told so."""
        request = self.requests[job_id]
        csr = read_csr(read_generate_certificate(request.signed).csr_der)
        now = datetime.now(UTC)
        request.certificate = (
            x509.CertificateBuilder()
            .subject_name(name_from_dn(dn or csr.dn, printable=False))
            .issuer_name(self.ca.subject)
            .public_key(key or csr.public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(days=3 * 365))
            .sign(self.ca_key, hashes.SHA256())
        )
        request.state = "issued"

    def _outcome(self, request: Request, body: Json) -> tuple[int, bytes]:
        state = "cancelled" if request.state == "ready" else request.state
        answer: Json = {
            "state": state,
            "certificates": [],
            "trust_anchors": [to_base64(self.ca.public_bytes(Encoding.DER))],
            "problem": request.problem,
            "poll_after_seconds": 0.2,
        }
        if request.certificate and request.state in ("issued", "completed"):
            answer["certificates"] = [to_base64(request.certificate.public_bytes(Encoding.DER))]
        return answer_json(200, answer)

    @staticmethod
    def _stored(request: Request, body: Json) -> tuple[int, bytes]:
        if request.certificate is None or body["fingerprint"] != certificate_fingerprint(request.certificate):
            raise Refused(409, "certificate_mismatch")
        request.stored.append(body["format"])
        request.state = "completed"
        return answer_json(200, {"state": "completed"})

    @staticmethod
    def _decline(request: Request, body: Json) -> tuple[int, bytes]:
        request.state, request.declined_because = "declined", body["reason"]
        return answer_json(200, {"state": "declined"})
