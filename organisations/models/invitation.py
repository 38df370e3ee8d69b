"""Invitations: a role that is offered to an e-mail address and waits for the consent of its owner."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from organisations.domain.roles import Role
from organisations.models.queued import Queued

LIFETIME = timedelta(days=14)
"""How long an invitation can be accepted after it was last sent."""


class Invitation(Queued):
    """One role offered to one address. The row is also the queue of its letter: due at `next_attempt_at`.

    It says nothing about whether the address has an account: what the inviter typed is all that it holds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    email = models.EmailField()
    full_name = models.CharField(max_length=200)
    """What the inviter calls the person; a new account gets this name."""
    language = models.CharField(max_length=2)
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None where the platform's operator invites an organisation's first administrator."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    """When its letter is to be sent; None once it was, or when nothing more is tried."""
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How many times a mail server refused the letter."""
    answer = models.CharField(max_length=200, blank=True)
    """What the mail server said when it last refused."""
    ended_at = models.DateTimeField(null=True)
    """When it was accepted, declined or withdrawn."""
    outcome = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                "role",
                condition=Q(ended_at=None),
                name="invited_once_to_a_role",
            )
        ]

    def __str__(self) -> str:
        return f"{self.full_name} <{self.email}>"

    def is_open(self, now: datetime) -> bool:
        """True while its owner may accept it."""
        return self.ended_at is None and now < self.expires_at
