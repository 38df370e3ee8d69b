"""Webhooks: addresses at which an organisation's own systems are told what happens."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Webhook(models.Model):
    """One address, what it is told, and the secret by which its messages are signed (Standard Webhooks)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    """Which system listens there."""
    address = models.CharField(max_length=500)
    topics = ArrayField(models.CharField(max_length=20))
    """What it is told of, as `organisations.domain.webhooks.Topic` names it."""
    actions = ArrayField(models.CharField(max_length=60))
    """The actions of the record that belong to the topics: the trigger on the record compares with these."""
    sealed_secret = models.BinaryField()
    sealed_former = models.BinaryField(null=True)
    """The secret before this one, while both sign."""
    former_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    failing_since = models.DateTimeField(null=True)
    """When the first of the tries failed that have failed in a row; None since the last one that was taken."""
    stopped_at = models.DateTimeField(null=True)
    """Since when nothing is sent: a member stopped it, or it failed for days. What happens is kept meanwhile."""
    stopped_by_itself = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    """Since when nothing is kept for it any more."""

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["organisation"], condition=Q(ended_at=None), name="open_webhooks"),
        ]

    def __str__(self) -> str:
        return self.name
