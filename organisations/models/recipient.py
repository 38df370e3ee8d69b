"""Who is written to about an organisation: a row a reader, which is the queue of letters."""

import uuid

from django.conf import settings
from django.db import models

from organisations.models.queued import Queued


class Recipient(Queued):
    """One person who is told what happens in one organisation. What they are told of are its reminders' rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    next_attempt_at = models.DateTimeField(null=True)
    """When the next letter is due; None while there is nothing to say."""
    burns = models.BooleanField(default=False, db_default=False)
    """Whether it says something that cannot wait: such letters leave before the others."""

    class Meta:
        ordering = ["organisation_id", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="recipient_once_an_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.user_id}"
