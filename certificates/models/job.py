"""What a workstation is asked to do. The id is a 128-bit capability that only the holder's own device may use."""

from enum import StrEnum

from django.db import models
from django.utils import timezone


class JobState(StrEnum):
    """Where a job stands; only an offered job may be signed."""

    OFFERED = "offered"
    SIGNED = "signed"
    DONE = "done"
    CLOSED = "closed"


class AgentJob(models.Model):
    """One job for the agent of `holder`. Its content is built from the request at the moment it is fetched."""

    id = models.CharField(primary_key=True, max_length=22)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, choices=[("request-certificate", "request-certificate")])
    request = models.OneToOneField(
        "certificates.CertificateRequest", on_delete=models.PROTECT, related_name="job"
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

    def __str__(self) -> str:
        return f"{self.kind} {self.id[:4]}…"
