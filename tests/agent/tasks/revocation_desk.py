"""The counterpart's desk for revocations: offers one, checks what was signed, and says when it is confirmed."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.encoding import from_base64, to_base64, to_base64url
from agent.wire.jobs import (
    CertificateFacts,
    Environment,
    Identifier,
    LocalisedText,
    Organisation,
    RevocationContent,
    RevocationContract,
    RevocationJob,
    RevocationReason,
    Signer,
)
from agent.wire.pki.names import dn_of, ehealth_dn
from agent.wire.xml.revoke import read_revoke
from agent.wire.xml.signature import verify_enveloped
from tests.agent.tokens.desk import Json, Refused, answer_json, facts_of
from tests.support.cards import SoftwareCard

CONTRACT = "<h1>Révocation</h1><p>Le certificat de <b>AZ Sint-Elisabeth Maasdal</b> prend fin.</p>"


@dataclass
class Ending:
    """One revocation and what became of it."""

    job: RevocationJob
    certificate: x509.Certificate
    state: str = "ready"
    signed: bytes = b""
    confirmed: bool = True
    problem: Json | None = None


class RevocationDesk:
    """The part of the counterpart that ends certificates."""

    card: SoftwareCard
    url: str
    endings: dict[str, Ending]

    def add_revocation(
        self,
        certificate: x509.Certificate,
        *,
        environment: Environment = "acceptance",
        reason: RevocationReason = "keyCompromise",
        **changes: Any,
    ) -> RevocationJob:
        dn = ehealth_dn("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal", "APP_1")
        signer = Signer((Identifier("SSIN", self.card.ssin),), self.card.first_names, self.card.surname)
        texts = (LocalisedText("fr", CONTRACT), LocalisedText("nl", "<p>Het certificaat eindigt.</p>"))
        facts = facts_of(certificate)
        now = datetime.now(UTC)
        values: Json = {
            "id": to_base64url(secrets.token_bytes(16)),
            "server": self.url,
            "expires_at": now + timedelta(hours=1),
            "organisation": Organisation("AZ Sint-Elisabeth Maasdal", Identifier("CBE", "0406798006")),
            "environment": environment,
            "requested_by": "Luc Dubois",
            "requested_at": now,
            "reason": "",
            "certificate": facts,
            "request": RevocationContent(
                facts.public_key_identifier, RevocationContract(dn, signer, texts, reason)
            ),
            "comment": "Laptop gestolen",
        }
        job = RevocationJob(**{**values, **changes})
        self.endings[job.id] = Ending(job, certificate)
        return job

    def add_personal_revocation(
        self, certificate: x509.Certificate, facts: CertificateFacts
    ) -> RevocationJob:
        """The end of a care provider's own certificate."""
        job = self.add_revocation(certificate)
        content = replace(job.request.contract, dn=dn_of(certificate.subject))
        self.endings[job.id].job = replace(
            job,
            organisation=Organisation("An Marie Peeters", Identifier("SSIN", self.card.ssin)),
            certificate=facts,
            request=RevocationContent(facts.public_key_identifier, content),
        )
        return self.endings[job.id].job

    def revocation_step(self, ending: Ending, step: str, body: Json) -> tuple[int, bytes]:
        if step == "":
            if ending.state != "ready":
                raise Refused(409, "job_closed")
            return answer_json(200, ending.job.to_json())
        if step == "decline":
            ending.state = "declined"
            return answer_json(200, {"state": "declined"})
        if step == "signed-request":
            return self._take(ending, from_base64(body["request"]))
        if step == "outcome":
            return self._tell(ending)
        raise Refused(404, "job_unknown")

    def _take(self, ending: Ending, signed: bytes) -> tuple[int, bytes]:
        if ending.signed and ending.signed != signed:
            raise Refused(409, "job_closed")
        if not ending.signed:
            if ending.state != "ready":
                raise Refused(409, "job_closed")
            verified = verify_enveloped(signed)
            if verified.certificate != self.card.signature:
                raise Refused(422, "wrong_signer")
            if read_revoke(verified.data).content != ending.job.request:
                raise Refused(422, "contract_altered")
            ending.signed, ending.state = signed, "waiting"
        key = ending.job.request.public_key_identifier
        return answer_json(202, {"state": "submitting", "public_key_identifier": key})

    @staticmethod
    def _tell(ending: Ending) -> tuple[int, bytes]:
        told = "cancelled" if ending.state == "ready" else ending.state
        if ending.state == "waiting" and ending.confirmed:
            ending.state = "completed"
        return answer_json(
            200,
            {
                "kind": ending.job.kind,
                "environment": ending.job.environment,
                "state": told,
                "certificates": [to_base64(ending.certificate.public_bytes(Encoding.DER))],
                "trust_anchors": [],
                "problem": ending.problem,
                "poll_after_seconds": 0.2,
            },
        )
