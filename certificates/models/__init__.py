"""Tables of the certificates app, one module a subject."""

from certificates.models.certificate import Certificate, CertificateQuerySet
from certificates.models.imports import ImportBatch
from certificates.models.job import AgentJob
from certificates.models.request import CertificateRequest

__all__ = ["AgentJob", "Certificate", "CertificateQuerySet", "CertificateRequest", "ImportBatch"]
