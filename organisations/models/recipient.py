"""Who is written to about an organisation: its members, addresses outside that agreed, and the queue of letters."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from organisations.models.queued import Queued
from organisations.models.user import User


class Correspondent(Queued):
    """An address outside that an organisation wants told, such as a service desk's; nobody signs in with it.

    Nothing is sent there before whoever reads it agreed, by the link in the one letter that asks.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    email = models.EmailField()
    language = models.CharField(max_length=2)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(null=True)
    """When the letter that asks is due; None once it was sent, or when nothing more is tried."""
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=200, blank=True)
    """What the mail server said when it last refused that letter."""
    asked_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """Since when nothing is sent there any more: taken away, or stopped by whoever reads it."""
    digest_sent_at = models.DateTimeField(null=True)
    digest_claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(ended_at=None),
                name="correspondent_once_an_organisation",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """How a letter calls whoever reads it."""
        return self.name


class Recipient(Queued):
    """One reader who is told what happens in one organisation: an account or a correspondent.

    What they are told of are its reminders' rows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    correspondent = models.ForeignKey(
        Correspondent, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    next_attempt_at = models.DateTimeField(null=True)
    """When the next letter is due; None while there is nothing to say."""
    burns = models.BooleanField(default=False, db_default=False)
    """Whether it says something that cannot wait: such letters leave before the others."""

    class Meta:
        ordering = ["organisation_id", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="recipient_once_an_organisation"),
            models.UniqueConstraint(
                fields=["organisation", "correspondent"], name="recipient_once_a_correspondent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.user_id or self.correspondent_id}"

    @property
    def reader(self) -> "Reader":
        """Whoever is written to."""
        if self.correspondent is not None:
            return self.correspondent
        if self.user is None:
            raise ValueError("a recipient is somebody")
        return self.user


Reader = User | Correspondent
"""Whoever is told of something: a member's account, or an address outside."""
