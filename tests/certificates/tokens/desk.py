"""A workstation's part in an encryption token, in software: keys at hand, each step through the agent's protocol."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.stores.contents import authentication_entry, new_contents
from agent.tokens.system_requests import SystemSigner
from agent.wire.tokens.challenge import open_challenge
from agent.wire.tokens.encryption_certificate import make_encryption_certificate
from certificates.domain.lifecycle import RequestState
from certificates.models import Certificate, CertificateRequest, EncryptionToken
from organisations.tenancy import acting_for
from tests.certificates.stages import tag, to_sign, when_due
from tests.support.holder import Holder, b64
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess


@dataclass
class Desk:
    """One issued certificate with its key, in the hands of its holder."""

    hospital: Hospital
    holder: Holder
    request: CertificateRequest
    key: rsa.RSAPrivateKey
    encryption_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def job(self) -> str:
        return self.request.job.pk

    @property
    def certificate(self) -> Certificate:
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            return Certificate.objects.get(request=self.request)

    @property
    def own(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificate.der)

    @property
    def signer(self) -> SystemSigner:
        chain = [x509.load_der_x509_certificate(one) for one in self.certificate.above]
        contents = new_contents(self.key, self.own, chain)
        return SystemSigner.of(contents, authentication_entry(contents))

    def token(self) -> EncryptionToken:
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            return EncryptionToken.objects.select_related("certificate").get(
                certificate__request=self.request
            )

    def send(self, step: str, data: bytes, job: str = "") -> Any:
        path = f"/agent/v1/jobs/{job or self.job}/token/{step}"
        return self.holder.call("POST", path, {"request": b64(data)})

    def start(self) -> Any:
        return self.send("start", self.signer.start_registration(self.encryption_key.public_key()))

    def encryption_certificate(self, challenge: bytes) -> x509.Certificate:
        serial = open_challenge(self.encryption_key, challenge)
        return make_encryption_certificate(self.own, self.key, self.encryption_key.public_key(), serial)

    def complete(self, certificate: x509.Certificate) -> Any:
        return self.send(
            "complete", self.signer.complete_registration(certificate.public_bytes(Encoding.DER))
        )

    def register(self) -> x509.Certificate:
        """Both steps; returns the encryption certificate."""
        started = self.start()
        assert started.status_code == 200, started.content
        made = self.encryption_certificate(base64.b64decode(started.json()["challenge"]))
        completed = self.complete(made)
        assert completed.status_code == 200, completed.content
        return made

    def activate(self, job: str = "") -> Any:
        return self.send("activate", self.signer.activation(), job)


def issued(
    hospital: Hospital, holder: Holder, *, before: Callable[[], None] = lambda: None, **changes: Any
) -> Desk:
    """A certificate fresh from the government, its key at hand; `before` is called before the request leaves."""
    key = rsa.generate_private_key(65537, 2048)
    request = to_sign(hospital, holder, **({"application_id": tag()} | changes))
    job = holder.job(request.job.pk)
    answer = holder.send(job.id, holder.signed(job.request, key))
    assert answer.status_code == 202, answer.content
    request = hospital.reload(request)
    before()
    for _ in range(6):
        if request.state == RequestState.ISSUED:
            return Desk(hospital, holder, request, key)
        request = when_due(hospital, request)
    raise AssertionError(f"still {request.state}: {request.problem}")


def near_its_end(
    hospital: Hospital, holder: Holder, government: SandboxProcess, *, days: int = 60, **changes: Any
) -> Desk:
    """A certificate that has `days` left: the sandbox's clock stands in the past while it is issued."""
    back = 3 * 365 * 86400 + 86400 - days * 86400

    def turn_back() -> None:
        government.control_post("/control/clock", {"offset_seconds": -back})

    try:
        return issued(hospital, holder, before=turn_back, **changes)
    finally:
        government.control_post("/control/clock", {"offset_seconds": 0})


def confirm(desk: Desk) -> None:
    path = f"/agent/v1/jobs/{desk.job}/token/stored"
    assert desk.holder.call("POST", path, {"serial": desk.token().serial}).status_code == 200
