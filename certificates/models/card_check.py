"""Whether an identity card is revoked, asked of its authority by a worker while whoever holds the card waits."""

import uuid
from enum import StrEnum

from django.db import models
from django.db.models.functions import Now

from organisations.models.queued import Queued


class Purpose(StrEnum):
    """For which of a card's two certificates the question is."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


class CardCheck(Queued):
    """One certificate of a card, with those above it, and what was heard of it last; kept for an hour at most.

    Of no organisation: at an enrolment nobody knows yet for whom the card's holder will work. It is being checked while
    `next_attempt_at` stands, and `outcome` is what the last check that came to its end said.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the purpose and of every certificate, hex: the same question again finds the same row."""
    turn = models.UUIDField()
    """Cards take turns by it, so that who asks for one again and again waits behind himself."""
    purpose = models.CharField(max_length=14, choices=[(one.value, one.value) for one in Purpose])
    sealed_chain = models.BinaryField(null=True)
    """The certificates, leaf first, while they are to be judged: the leaf names its holder's national number."""
    authority = models.CharField(max_length=64)
    """SHA-256 of the leaf's issuer, hex: whose responder is asked."""
    asked_at = models.DateTimeField(db_default=Now(), db_index=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True, default="", db_default="")
    """GOOD, the code of a refusal, or empty where nothing that may still be told was heard."""
    silent_at = models.DateTimeField(null=True, blank=True)
    """When the last check ended because its time was over: the authority's host hung."""

    class Meta:
        indexes = [
            models.Index(
                fields=["authority", "silent_at"],
                condition=models.Q(silent_at__isnull=False),
                name="silent_authority",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.digest[:8]}"
