"""People of an organisation, and the mandates by which they hold its certificates."""

import uuid
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organisations import ssin
from organisations.domain.identifiers import is_bis
from organisations.domain.mandates import MandatePeriod, MandateState
from organisations.errors import Unreadable
from organisations.models.organisation import Organisation, OrganisationIdentifier


class Person(models.Model):
    """Someone who works for an organisation. The national number is encrypted; `ssin_index` finds it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="people")
    first_names = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    ssin_ciphertext = models.BinaryField()
    ssin_index = models.CharField(max_length=64)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=2, default="nl")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )
    left_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "first_names", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "ssin_index"], name="person_once_an_organisation"
            ),
        ]
        indexes = [models.Index(fields=["ssin_index"], name="person_by_ssin")]

    def __str__(self) -> str:
        return f"{self.first_names} {self.name}"

    def read_ssin(self) -> str:
        """Decrypt the national number. Showing it to someone is services.people.reveal_ssin's business.

        Raises Unreadable where no key opens it.
        """
        return ssin.decrypt(self.ssin_ciphertext)

    @property
    def has_bis(self) -> bool | None:
        """Whether it is a BIS number; None where it cannot be read."""
        try:
            return is_bis(self.read_ssin())
        except Unreadable:
            return None

    @property
    def number_index(self) -> "models.QuerySet[Person, str]":
        """The number's index, for `ssin_index__in`: as it stands when the query runs."""
        return ssin.index_in_row(self)


class MandateQuerySet(models.QuerySet["Mandate"]):
    """Questions about mandates, in English."""

    def active_on(self, day: date) -> Self:
        """Mandates that let their holder act on `day`."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=day),
            starts_on__lte=day,
        )

    def still_counting_after(self, day: date) -> Self:
        """Mandates that count on `day` or may begin to count later: all that leaving on that day would end."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=day),
        )


class Mandate(models.Model):
    """A legal representative's mandate for one person and one identifier of the organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mandates")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mandates")
    identifier = models.ForeignKey(OrganisationIdentifier, on_delete=models.PROTECT, related_name="mandates")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MandateQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="mandate_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.identifier}"

    @property
    def period(self) -> MandatePeriod:
        """The dates as the domain reads them."""
        return MandatePeriod(self.starts_on, self.ends_on, self.withdrawn_on)

    def state(self, today: date) -> MandateState:
        """Where the mandate stands on `today`."""
        return self.period.state(today)
