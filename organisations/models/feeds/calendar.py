"""Calendar feeds: an address that is itself the key, of one person or of one organisation."""

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class FeedEnd(StrEnum):
    """Why a feed has ended."""

    REVOKED = "revoked"
    RIGHT_LOST = "right_lost"
    """Who made it may not see that any more."""


class CalendarFeed(models.Model):
    """One feed. Of its address only the SHA-256 of the secret part is kept: it is shown once, and never again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    """Who made it; it shows no more than this user may see when it is read."""
    organisation = models.ForeignKey(
        "organisations.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Of which organisation; None for one's own, with all organisations of that user."""
    name = models.CharField(max_length=60)
    """For what it was made, such as a telephone: by this somebody finds the one to revoke."""
    secret_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    """When it was last read, to within minutes."""
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        choices=[(one.value, one.value) for one in FeedEnd],
    )

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["organisation", "user"], condition=Q(ended_at=None), name="open_feed_by_maker"
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="an_ended_feed_has_its_reason",
                condition=Q(ended_at=None, ended_because="")
                | Q(ended_at__isnull=False) & ~Q(ended_because=""),
            )
        ]

    def __str__(self) -> str:
        return self.name
