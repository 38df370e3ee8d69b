"""The tenant: a hospital, pharmacy, laboratory … and the numbers it is known by."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agent.wire import software
from organisations.domain import identifiers
from organisations.domain.claims import MAY, NumberState, Use, Voucher, states_that_may
from organisations.models.queued import Queued


class Organisation(Queued):
    """One tenant. Row-level security shows a session only the organisations it names."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=2, default="nl")
    key_store_software = models.CharField(max_length=40, default=software.DEFAULT)
    """What loads its key stores, a code of `agent.wire.software`: a new one gets the format that this opens."""
    created_at = models.DateTimeField(default=timezone.now)
    reminders_due_at = models.DateTimeField(default=timezone.now)
    """When a worker is next to look for what its members must be reminded of."""
    contact_defaults = models.JSONField(default=dict, db_default={}, blank=True)
    """What requests start from where nothing else is known: contact data and basic services, as the forms name them."""
    quiet_from = models.SmallIntegerField(null=True, blank=True)
    """From this hour of the Belgian day nothing leaves that can wait; None where nobody asked for quiet hours."""
    quiet_until = models.SmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class OrganisationIdentifierQuerySet(models.QuerySet["OrganisationIdentifier"]):
    """Questions about numbers, in English."""

    def that_may(self, use: Use) -> Self:
        """Numbers that may do `use` as they stand."""
        return self.filter(state__in=states_that_may(use))


class OrganisationIdentifier(models.Model):
    """One identifier of an organisation, in the spelling of CertRA (`CBE`, `NIHII-HOSPITAL` …).

    It is a claim of the organisation until something outside vouches for it (`domain.claims`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="identifiers")
    type = models.CharField(max_length=40, choices=[(code, code) for code in identifiers.TYPES])
    value = models.CharField(max_length=11)
    registered_name = models.CharField(max_length=200, blank=True)
    """The name in the authentic source, where it differs from the organisation's own."""
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in NumberState], default=NumberState.CLAIMED
    )
    proven_at = models.DateTimeField(null=True, blank=True)
    proven_by = models.CharField(
        max_length=12, blank=True, choices=[(one.value, one.value) for one in Voucher]
    )
    contested_at = models.DateTimeField(null=True, blank=True)
    """When another organisation last wrote down the same number, while the operator has not looked at that yet."""
    contested_by = models.CharField(max_length=200, blank=True)
    """The name of that organisation."""
    declined_at = models.DateTimeField(null=True, blank=True)
    declined_because = models.CharField(max_length=300, blank=True, default="", db_default="")
    """What the operator gave as the reason."""

    objects = OrganisationIdentifierQuerySet.as_manager()

    class Meta:
        ordering = ["type", "value"]
        constraints = [
            models.CheckConstraint(
                name="a_proven_number_has_its_voucher",
                condition=Q(state=NumberState.PROVEN.value, proven_at__isnull=False) & ~Q(proven_by="")
                | ~Q(state=NumberState.PROVEN.value) & Q(proven_at=None, proven_by=""),
            ),
            models.CheckConstraint(
                name="a_declined_number_has_its_reason",
                condition=Q(state=NumberState.DECLINED.value, declined_at__isnull=False)
                & ~Q(declined_because="")
                | ~Q(state=NumberState.DECLINED.value) & Q(declined_at=None, declined_because=""),
            ),
            models.UniqueConstraint(
                fields=["organisation", "type", "value"], name="identifier_once_an_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}={self.value}"

    def may(self, use: Use) -> bool:
        """True when the number, as it stands, may do `use`."""
        return use in MAY[NumberState(self.state)]

    @property
    def name(self) -> str:
        """The name that belongs to this identifier."""
        return self.registered_name or self.organisation.name
