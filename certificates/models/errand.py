"""What somebody waits for that only a call to the outside can tell or do: a worker makes the call."""

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from organisations.models.queued import Queued


class ErrandKind(StrEnum):
    """What is asked or done outside."""

    APPLICATION_IDS = "application_ids"
    """Which ApplicationIds of a number are in use."""
    FIND_TOKEN = "find_token"  # noqa: S105  # the name of an errand
    """Whether the depot has a certificate's token."""
    DEPOT_TOKEN = "depot_token"  # noqa: S105  # as above
    """What the depot hands out for a certificate's name."""
    START_TOKEN = "start_token"  # noqa: S105  # as above
    COMPLETE_TOKEN = "complete_token"  # noqa: S105  # as above
    ACTIVATE_TOKEN = "activate_token"  # noqa: S105  # as above
    OWN_RECORD = "own_record"
    """What the government keeps of a certificate, asked with its own key."""
    READ_RECORDS = "read_records"
    """What the government knows of a person, asked with the person's card."""


class Errand(Queued):
    """One call to the outside for one member or one workstation, told to nobody else, and gone once it was told.

    It is on its way while `next_attempt_at` stands. What it needs and what came of it are sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.CASCADE, related_name="+")
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    """The member who waits; null where a workstation does."""
    device_id = models.UUIDField(null=True)
    """The workstation that waits."""
    kind = models.CharField(max_length=20, choices=[(one.value, one.value) for one in ErrandKind])
    digest = models.CharField(max_length=64)
    """SHA-256 of the kind, who asks and for what, hex: the same errand again finds the same row."""
    sealed_parameters = models.BinaryField(null=True)
    """A JSON object, while it is on its way."""
    sealed_answer = models.BinaryField(null=True)
    """A JSON object: the answer, or the refusal with what it says."""
    asked_at = models.DateTimeField(db_default=Now(), db_index=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="one_errand_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(private_to__isnull=False) ^ models.Q(device_id__isnull=False),
                name="errand_is_for_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"
