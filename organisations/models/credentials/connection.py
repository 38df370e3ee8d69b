"""Connections: a system of an organisation that comes in without a person, and its secrets."""

import uuid
from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Connection(models.Model):
    """One system that acts for exactly one organisation, with what it may do and until when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """The client id of OAuth 2."""
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    purpose = models.CharField(max_length=300)
    contact = models.EmailField()
    """Whom to ask about that system."""
    scopes = ArrayField(models.CharField(max_length=40))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ends_on = models.DateField()
    """Its last day, in Belgium."""
    last_used_at = models.DateTimeField(null=True)
    """When it was last used, to within minutes."""
    ended_at = models.DateTimeField(null=True)
    """When an administrator ended it."""

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(
                fields=["organisation", "ends_on"], name="open_connection_by_end", condition=Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_open(self, today: date) -> bool:
        """Tell whether it lets anybody in on `today`, a day in Belgium."""
        return self.ended_at is None and today <= self.ends_on


class ConnectionSecret(models.Model):
    """A secret of a connection: two live while one takes over from the other. Only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    """Its last characters, by which people tell it from the other one."""
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True)
    """When it stops by itself, or was ended; None for as long as its connection."""

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.hint


class KeptAnswer(models.Model):
    """What a connection was answered under an Idempotency-Key: the same call again hears the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    request_digest = models.CharField(max_length=64)
    """SHA-256 of what was asked: another question under the same key is refused."""
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="answer_once_a_key")]
        indexes = [models.Index(fields=["kept_at"], name="answer_by_age")]

    def __str__(self) -> str:
        return self.key
