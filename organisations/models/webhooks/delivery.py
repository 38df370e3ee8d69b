"""What webhooks are told: one row for each thing that happened and each webhook, which is the queue of workers."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from organisations.models.queued import Queued
from organisations.models.webhooks.webhook import Webhook


class Delivery(Queued):
    """One message to one webhook. A trigger on the record makes it in the transaction in which the thing happens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Also the message's `webhook-id`, whatever number of times it is sent."""
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField(db_default=RawSQL("nextval('organisations_delivery_position')", ()))
    """Counts what happened; messages about one subject are sent in this order."""
    event_id = models.UUIDField(null=True)
    """The event of the record; None for what is told ahead of an end, and for a test."""
    once = models.CharField(max_length=120, null=True)  # noqa: DJ001  # NULL for what may happen again
    """What is told once however often it is found: kind, subject and step."""
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    details = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    """When it is sent, or sent again; None once it was taken or given up."""
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often it was sent in vain since it was first tried, or sent again by a member."""
    tried_at = models.DateTimeField(null=True)
    """When it was sent last."""
    answer = models.CharField(max_length=80, blank=True, default="", db_default="")
    """What came back last: a status of HTTP, or why none came."""
    took = models.IntegerField(null=True)
    """How long the last answer took, in milliseconds."""
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-position"]
        indexes = [
            models.Index(fields=["webhook", "-position"], name="deliveries_of_webhook"),
            models.Index(
                fields=["webhook", "subject_id", "position"],
                condition=Q(delivered_at=None, given_up_at=None),
                name="undelivered_by_subject",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "once"], name="webhook_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}"
