"""The platform's own certificates, of no organisation; and, of each organisation, which software is prepared."""

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce

MAX_SOFTWARE, MAX_TOLD_BY = 100, 100


class Use(StrEnum):
    """What the platform uses a certificate for."""

    TLS = "tls"
    SESSIONS = "sessions"
    """It signs session tokens (I.AM)."""
    TIMESTAMPS = "timestamps"


class Source(StrEnum):
    """From where we know a certificate."""

    LIST = "list"
    SETTINGS = "settings"
    FILE = "file"


class PlatformCertificateQuerySet(models.QuerySet["PlatformCertificate"]):
    """Questions about the platform's certificates, in English."""

    def in_use_order(self) -> "PlatformCertificateQuerySet":
        """Environment by environment and use by use, the latest first."""
        begins = Coalesce(F("switch_at"), F("not_before"))
        return self.annotate(begins=begins).order_by("-environment", "use", "-begins", "pk")


class PlatformCertificate(models.Model):
    """A certificate with which the eHealth platform itself serves, signs or stamps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.CharField(max_length=12)
    use = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Use])
    fingerprint = models.CharField(max_length=64)
    der = models.BinaryField()
    name = models.CharField(max_length=300)
    issuer = models.CharField(max_length=1000)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    switch_at = models.DateTimeField(null=True)
    """From when the platform uses it, as announced."""
    source = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Source])
    told_by = models.CharField(max_length=MAX_TOLD_BY, blank=True)
    """Who gave the file or the date."""
    noted_at = models.DateTimeField()

    objects = PlatformCertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "use", "fingerprint"], name="platform_certificate_once_a_use"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PreparedSoftware(models.Model):
    """One line of an organisation's list: what must know a certificate of the platform, and whether it does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(PlatformCertificate, on_delete=models.PROTECT, related_name="software")
    software = models.CharField(max_length=MAX_SOFTWARE)
    prepared_at = models.DateTimeField(null=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["software", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "certificate", "software"], name="software_once_a_certificate"
            )
        ]

    def __str__(self) -> str:
        return self.software
