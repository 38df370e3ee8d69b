"""The tenant: a hospital, pharmacy, laboratory … and the numbers it is known by."""

import uuid

from django.db import models
from django.utils import timezone

from agent.wire import software
from organisations.domain import identifiers


class Organisation(models.Model):
    """One tenant. Row-level security shows a session only the organisations it names."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=2, default="nl")
    key_store_software = models.CharField(max_length=40, default=software.DEFAULT)
    """What loads its key stores, a code of `agent.wire.software`: a new one gets the format that this opens."""
    created_at = models.DateTimeField(default=timezone.now)
    reminders_due_at = models.DateTimeField(default=timezone.now)
    """When somebody is next to look for what its members must be reminded of."""

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["reminders_due_at", "id"], name="organisation_to_remind")]

    def __str__(self) -> str:
        return self.name


class OrganisationIdentifier(models.Model):
    """One identifier of an organisation, in the spelling of CertRA (`CBE`, `NIHII-HOSPITAL` …)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="identifiers")
    type = models.CharField(max_length=40, choices=[(code, code) for code in identifiers.TYPES])
    value = models.CharField(max_length=11)
    registered_name = models.CharField(max_length=200, blank=True)
    """The name in the authentic source, where it differs from the organisation's own."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["type", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "type", "value"], name="identifier_once_an_organisation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type}={self.value}"

    @property
    def name(self) -> str:
        """The name that belongs to this identifier."""
        return self.registered_name or self.organisation.name
