"""Tables of the certificates app, one module a subject."""

from certificates.models.authority import Issuer, ListedCertificate, RevocationList, StatusAnswer
from certificates.models.card_check import CardCheck
from certificates.models.certificate import Certificate, CertificateQuerySet
from certificates.models.errand import Errand
from certificates.models.foreign_request import ForeignRequest
from certificates.models.imports import Consignment, ConsignmentPart, ImportBatch, Intake
from certificates.models.installation import Installation, MachineLook
from certificates.models.job import AgentJob
from certificates.models.listing.care import Carer, Caring, Note, Tag
from certificates.models.listing.figures import EndFigure
from certificates.models.listing.search import SearchEntry
from certificates.models.listing.tally import Tally
from certificates.models.listing.views import SavedView
from certificates.models.notices.ending import EndingPolicy
from certificates.models.notices.mute import Mute
from certificates.models.notices.policy import NoticePolicy
from certificates.models.paper import Paper
from certificates.models.records import RecordProposal, RecordsInquiry
from certificates.models.request import CertificateRequest
from certificates.models.revocation import Revocation
from certificates.models.token import ContinuityProof, EncryptionToken, LoginProof
from certificates.models.trusted.lists import ListChange, ListOperator, ListVersion, StoreNumber, WatchedList
from certificates.models.trusted.platform import PlatformCertificate, PreparedSoftware
from certificates.models.watch.probe import (
    Incident,
    Maintenance,
    ProbedService,
    ServiceCall,
    ServiceHour,
    ServiceTargets,
)

SignedWork = CertificateRequest | Revocation
"""What a holder signs with an eID, and the government gets once."""
SentWork = SignedWork | ForeignRequest
"""What the government gets once; `UNSENT` is the state in which it waits to be sent."""

__all__ = [
    "AgentJob",
    "CardCheck",
    "Carer",
    "Caring",
    "Certificate",
    "CertificateQuerySet",
    "CertificateRequest",
    "Consignment",
    "ConsignmentPart",
    "ContinuityProof",
    "EncryptionToken",
    "EndFigure",
    "EndingPolicy",
    "Errand",
    "ForeignRequest",
    "ImportBatch",
    "Incident",
    "Installation",
    "Intake",
    "Issuer",
    "ListChange",
    "ListOperator",
    "ListVersion",
    "ListedCertificate",
    "LoginProof",
    "MachineLook",
    "Maintenance",
    "Mute",
    "Note",
    "NoticePolicy",
    "Paper",
    "PlatformCertificate",
    "PreparedSoftware",
    "ProbedService",
    "RecordProposal",
    "RecordsInquiry",
    "Revocation",
    "RevocationList",
    "SavedView",
    "SearchEntry",
    "SentWork",
    "ServiceCall",
    "ServiceHour",
    "ServiceTargets",
    "SignedWork",
    "StatusAnswer",
    "StoreNumber",
    "Tag",
    "Tally",
    "WatchedList",
]
