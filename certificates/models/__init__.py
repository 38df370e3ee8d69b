"""Tables of the certificates app, one module a subject."""

from certificates.models.certificate import Certificate, CertificateQuerySet
from certificates.models.imports import ImportBatch
from certificates.models.installation import Installation
from certificates.models.job import AgentJob
from certificates.models.records import RecordProposal, RecordsInquiry
from certificates.models.request import CertificateRequest
from certificates.models.revocation import Revocation
from certificates.models.token import ContinuityProof, EncryptionToken

__all__ = [
    "AgentJob",
    "Certificate",
    "CertificateQuerySet",
    "CertificateRequest",
    "ContinuityProof",
    "EncryptionToken",
    "ImportBatch",
    "Installation",
    "RecordProposal",
    "RecordsInquiry",
    "Revocation",
]
