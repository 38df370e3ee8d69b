"""Filters of the inventory that somebody keeps under a name."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SavedView(models.Model):
    """A choice of filters, columns and order with a name; shared ones are everybody's in the organisation to use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    """The address's query, as `certificates.filters` writes it."""
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Its maker, while it is not shared."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=Q(private_to=None), name="shared_view_once_a_name"
            ),
            models.UniqueConstraint(
                fields=["organisation", "private_to", "name"],
                condition=Q(private_to__isnull=False),
                name="own_view_once_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name
