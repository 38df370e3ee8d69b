"""What a workstation is asked to do. The id is a 128-bit capability that only the holder's own device may use."""

from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from certificates.models.records import RecordsInquiry
    from certificates.models.request import CertificateRequest
    from certificates.models.revocation import Revocation
    from certificates.models.token import EncryptionToken

SUBJECTS = ("request", "revocation", "token", "inquiry")
"""What a job may be about; exactly one of them."""


class JobKind(StrEnum):
    """What the agent is asked to do (agent.wire.jobs)."""

    REQUEST_CERTIFICATE = "request-certificate"
    REVOKE_CERTIFICATE = "revoke-certificate"
    READ_RECORDS = "read-records"
    MAKE_TOKEN = "make-token"  # noqa: S105  # the name of a job
    ACTIVATE_TOKEN = "activate-token"  # noqa: S105  # likewise
    CHECK_TOKEN = "check-token"  # noqa: S105  # likewise


class JobState(StrEnum):
    """Where a job stands; only an offered job may be signed."""

    OFFERED = "offered"
    SIGNED = "signed"
    DONE = "done"
    CLOSED = "closed"


def _exactly_one(names: tuple[str, ...]) -> Q:
    return reduce(or_, (Q(**{f"{other}__isnull": other != name for other in names}) for name in names))


class AgentJob(models.Model):
    """One job for the agent of `holder`. Its content is built from its subject at the moment it is fetched."""

    id = models.CharField(primary_key=True, max_length=22)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, choices=[(k.value, k.value) for k in JobKind])
    request = models.OneToOneField(
        "certificates.CertificateRequest", null=True, on_delete=models.PROTECT, related_name="job"
    )
    revocation = models.OneToOneField(
        "certificates.Revocation", null=True, on_delete=models.PROTECT, related_name="job"
    )
    token = models.ForeignKey(
        "certificates.EncryptionToken", null=True, on_delete=models.PROTECT, related_name="jobs"
    )
    inquiry = models.OneToOneField(
        "certificates.RecordsInquiry", null=True, on_delete=models.PROTECT, related_name="job"
    )
    holder = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in JobState], default=JobState.OFFERED
    )
    device_id = models.UUIDField(null=True)
    """The device that signed, for the record: the holder may enrol the workstation anew and go on."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["holder", "state"], name="job_by_holder")]
        constraints = [
            models.CheckConstraint(name="a_job_has_one_subject", condition=_exactly_one(SUBJECTS)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id[:4]}…"

    @property
    def subject(self) -> "CertificateRequest | Revocation | EncryptionToken | RecordsInquiry":
        """What the job is about."""
        found = self.request or self.revocation or self.token or self.inquiry
        assert found is not None  # noqa: S101  # the constraint a_job_has_one_subject
        return found

    @property
    def environment(self) -> str:
        """The environment of what it is about."""
        about = self.revocation or self.token
        return about.certificate.environment if about else (self.request or self.inquiry).environment  # type: ignore[union-attr]  # the constraint
