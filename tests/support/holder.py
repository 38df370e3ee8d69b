"""A mandated holder in software: an identity of the sandbox's citizens and a device key, speaking the agent's protocol.

The real agent is driven in tests/journeys; here the server is tested against every turn a client may take.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.test import Client

from agent.wire.encoding import from_base64url
from agent.wire.jobs import KNOWS_HEADER, CertificateContent, CertificateJob, RevocationContent, RevocationJob
from agent.wire.link.checking import ASKING, CARD_CHECKS, CHECKING, ERRANDS
from agent.wire.link.enrolment import enrolment_message
from agent.wire.link.organisations import Agreement, AskingOrganisation, Organisations
from agent.wire.link.proofs import make_proof, public_jwk, thumbprint, thumbprint_bytes
from agent.wire.pki.keys import make_csr
from agent.wire.xml.request import build_generate_certificate
from agent.wire.xml.revoke import build_revoke
from agent.wire.xml.signature import sign_enveloped
from deploy.sandbox.authorities.citizens import Identity, PrivateKey, make_identity
from deploy.sandbox.authorities.citizens import Person as Citizen
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.state.store import Store
from organisations.models import Device, DeviceLink, Person
from organisations.tenancy import acting_for
from tests.support.work import check_cards, run_errands


@lru_cache(maxsize=1)
def any_key() -> rsa.RSAPrivateKey:
    """A key for tests in which it never reaches the sandbox: making one takes longer than such a test."""
    return rsa.generate_private_key(65537, 2048)


@lru_cache(maxsize=32)
def issue_identity(state: Path, ssin: str, first_names: str, surname: str, **kind: Any) -> Identity:
    """Make keys and certificates of a card under the citizen authority of the sandbox in `state`; P-384 if not said."""
    kind.setdefault("algorithm", "p384")
    store = Store(state)
    person = Citizen(ssin, first_names, surname)
    return make_identity(Pki.load(state, store), store, person, datetime.now(UTC), **kind)


def raw_sign(key: PrivateKey, data: bytes) -> bytes:
    """Sign as a card does: RSA PKCS#1 v1.5 SHA-256, or P-384 over SHA-384 as raw r‖s."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA384())))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


WORKERS = {CHECKING: check_cards, ASKING: run_errands}
"""Who does what an answer says is not done yet."""


@dataclass
class Holder:
    """A card and a device; `client` is Django's test client."""

    identity: Identity
    client: Client = field(default_factory=Client)
    device_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    language: str = "en"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        with_key: bool = False,
        proof: str | None = None,
        now: datetime | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Make one proven call, again while workers, who do that meanwhile, ask somebody outside for it.

        Returns Django's response.
        """
        again = {"proof": proof, "now": now, "headers": headers, "with_key": with_key}
        while True:
            answer = self.call_once(method, path, body, **again)  # type: ignore[arg-type]  # as above
            state = answer.json().get("state") if answer.status_code == 202 and not proof else ""
            if state not in WORKERS:
                return answer
            WORKERS[state]()

    def call_once(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        with_key: bool = False,
        proof: str | None = None,
        now: datetime | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Make one proven call; returns Django's response."""
        data = b"" if body is None else json.dumps(body).encode()
        token = proof or make_proof(
            self.device_key,
            method=method,
            url=settings.ORIGIN + path,
            body=data,
            now=now or datetime.now(UTC),
            with_key=with_key,
        )
        return self.client.generic(
            method,
            path,
            data,
            content_type="application/json",
            headers={
                "Ehportal-Proof": token,
                "Accept-Language": self.language,
                KNOWS_HEADER: f"{CARD_CHECKS},{ERRANDS}",
                **(headers or {}),
            },
        )

    @property
    def thumbprint(self) -> str:
        return thumbprint(public_jwk(self.device_key))

    def start_enrolment(self) -> dict[str, str]:
        answer: dict[str, str] = self.call("POST", "/agent/v1/enrolments", {}, with_key=True).json()
        return answer

    def enrol(self, started: dict[str, str] | None = None, *, agree: bool = True, **changes: Any) -> Any:
        """Enrol the device with the card's Authentication key; `changes` replace fields of the body.

        With `agree` the holder then says yes to every organisation that waits, as at the end of the agent's enrolment.
        """
        started = started or self.start_enrolment()
        message = enrolment_message(
            settings.ORIGIN, from_base64url(started["nonce"]), thumbprint_bytes(public_jwk(self.device_key))
        )
        key = self.identity.authentication_key
        body = {
            "signature": b64(raw_sign(key, message)),
            "algorithm": "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES384",
            "certificates": [
                b64(one.public_bytes(Encoding.DER)) for one in self.chain(self.identity.authentication)
            ],
            "device_label": "desk of the test",
        } | changes
        path = f"/agent/v1/enrolments/{started['enrolment_id']}"
        answer = self.call("POST", path, body, with_key=True)
        if agree and answer.status_code == 201:
            self.agree_to_all()
        return answer

    def organisations(self) -> Organisations:
        """For whom the workstation works, and who waits."""
        answer = self.call("GET", "/agent/v1/organisations")
        assert answer.status_code == 200, answer.content
        return Organisations.from_json(answer.json())

    def agree(self, asking: AskingOrganisation, **changes: Any) -> Any:
        """Say yes to one; `changes` alter what is signed."""
        statement = json.loads(Agreement(asking).to_bytes())
        statement["organisation"] |= changes
        return self.call("POST", f"/agent/v1/organisations/{asking.id}/agree", statement)

    def agree_to_all(self) -> None:
        for asking in self.organisations().waiting:
            assert self.agree(asking).status_code == 200

    def chain(self, leaf: x509.Certificate) -> list[x509.Certificate]:
        return [leaf, self.identity.authority, self.identity.root]

    def jobs(self) -> list[dict[str, str]]:
        answer: list[dict[str, str]] = self.call("GET", "/agent/v1/jobs").json()["jobs"]
        return answer

    def job(self, job_id: str) -> CertificateJob:
        return CertificateJob.from_json(self.call("GET", f"/agent/v1/jobs/{job_id}").content)

    def revocation_job(self, job_id: str) -> RevocationJob:
        return RevocationJob.from_json(self.call("GET", f"/agent/v1/jobs/{job_id}").content)

    def signed_revocation(self, content: RevocationContent) -> bytes:
        """Build and sign the end of a certificate."""
        data = build_revoke(content, request_id=f"_{uuid4()}", issue_instant=datetime.now(UTC))
        return self._sign(data)

    def _sign(self, data: bytes) -> bytes:
        return sign_enveloped(
            data,
            chain=self.chain(self.identity.signature),
            sign=lambda to_be_signed, _algorithm: raw_sign(self.identity.signature_key, to_be_signed),
        )

    def signed(
        self,
        content: CertificateContent,
        key: rsa.RSAPrivateKey | None = None,
        *,
        dn: str | None = None,
        change: Callable[[bytes], bytes] = lambda data: data,
    ) -> bytes:
        """Build and sign the request for `content`; `change` alters the unsigned bytes."""
        key = key or any_key()
        data = build_generate_certificate(
            content,
            make_csr(key, dn or content.contract.dn),
            request_id=f"_{uuid4()}",
            issue_instant=datetime.now(UTC),
        )
        return self._sign(change(data))

    def send(self, job_id: str, data: bytes) -> Any:
        return self.call("POST", f"/agent/v1/jobs/{job_id}/signed-request", {"request": b64(data)})

    def outcome(self, job_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GET", f"/agent/v1/jobs/{job_id}/outcome").json()
        return answer


def link(device: Device, person: Person) -> DeviceLink:
    """Let a workstation without an agent work for the organisation of `person`, as if the holder had said so there."""
    with acting_for([person.organisation_id], as_platform=True):
        return DeviceLink.objects.create(
            organisation_id=person.organisation_id,
            device=device,
            account_id=person.user_id,
            agreed_at=datetime.now(UTC),
            statement=b"",
            proof="",
        )
