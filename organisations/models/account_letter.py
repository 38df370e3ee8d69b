"""Letters about accounts that wait to be sent: what a worker needs to write them, never a link or a text."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from organisations.models.queued import Queued


class AccountLetter(Queued):
    """One letter to one account; gone once it was sent, and after a day in any case.

    Of no organisation, as accounts are. Where somebody asked for a password there is no account: whether the address is
    one's that was typed is looked up by the worker, so that the page that asks tells nobody by its time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    """As the letters are named in `organisations.services.letters.accounts`."""
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    sealed_address = models.BinaryField(null=True)
    """What was typed, where a password is asked for."""
    digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Keyed hash of that address, hex, else empty: who asks again while a letter waits asks for the same one."""
    turn = models.UUIDField()
    """Accounts take turns by it, so that one with many letters waits behind itself."""
    asked_at = models.DateTimeField(db_default=Now())
    """When what it tells of happened."""
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often the mail server refused it."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=~models.Q(digest=""), name="one_letter_to_an_address"
            )
        ]

    def __str__(self) -> str:
        return self.kind
