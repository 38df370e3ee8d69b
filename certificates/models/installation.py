"""Where a certificate's key store is in use, as workstations report it."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models

from organisations.models.device import mark_of


class InstallationQuerySet(models.QuerySet["Installation"]):
    """Questions about installations, in English."""

    def present(self) -> Self:
        """Installations that the last look of their workstation still found."""
        return self.filter(gone_at=None)

    def standing_in_the_way(self) -> Self:
        """Present installations that nobody has accepted as left behind."""
        return self.present().filter(accepted_at=None)


class Installation(models.Model):
    """One copy of a key store. `certificate` is empty while the inventory knows none that fits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(
        "certificates.Certificate", null=True, on_delete=models.PROTECT, related_name="installations"
    )
    device_id = models.UUIDField()
    machine = models.CharField(max_length=100)
    path = models.CharField(max_length=600)
    """As the workstation names it; a national number in it is masked there already."""
    package = models.CharField(max_length=100, blank=True)
    """The software that loads it, as people call it."""
    file_digest = models.CharField(max_length=64)
    """SHA-256 of the file, hex."""
    fingerprint = models.CharField(max_length=64, blank=True)
    """SHA-256 of the certificate in it, hex; empty where the file could not be opened."""
    public_key_identifier = models.CharField(max_length=40, blank=True)
    """Of the certificate's key, where only that could be read, or as well."""
    name = models.CharField(max_length=250, blank=True)
    """What file name or certificate says whose it is; a national number is masked."""
    environment = models.CharField(max_length=12)
    not_after = models.DateTimeField(null=True)
    estimated = models.BooleanField(default=False)
    """True when only the file's name was read."""
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_reason = models.CharField(max_length=500, blank=True)

    current = False
    """Whether nothing has taken over from its certificate, where a selector asked."""
    same_key = False
    """Whether some certificate has its key, likewise."""
    twin = False
    """Whether another workstation reports a machine of this name, likewise."""

    objects = InstallationQuerySet.as_manager()

    class Meta:
        ordering = ["machine", "path", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "device_id", "machine", "path", "fingerprint"],
                name="installation_once_a_place",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "machine", "id"], name="installation_by_machine"),
            models.Index(fields=["organisation", "fingerprint"], name="installation_by_fingerprint"),
        ]

    def __str__(self) -> str:
        return f"{self.machine}: {self.path}"

    @property
    def mark(self) -> str:
        """What tells its workstation from another that reports a machine of the same name."""
        return mark_of(self.device_id)

    @property
    def holds_another(self) -> bool:
        """True where another certificate of a known key was read in it: a renewal kept the key, and not the file."""
        return self.certificate_id is None and bool(self.fingerprint) and self.same_key


class MachineLook(models.Model):
    """When a workstation last looked through its folders and reported all that it found, be it nothing.

    Without one, no installation being known means that nobody has looked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    device_id = models.UUIDField()
    machine = models.CharField(max_length=100)
    looked_at = models.DateTimeField()

    class Meta:
        ordering = ["-looked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "device_id", "machine"], name="look_once_a_machine"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-looked_at"], name="look_by_time")]

    def __str__(self) -> str:
        return f"{self.machine} {self.looked_at:%Y-%m-%d}"
