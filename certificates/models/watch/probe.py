"""The government's services, whether they answer, and what organisations expect of them."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from certificates.domain.lifecycle import Environment
from certificates.domain.watch.probes import AVAILABLE, Outcome
from organisations.models.queued import Queued


class ProbedService(Queued):
    """One service of one environment, of no organisation: asked every few minutes, it says how it stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=20)
    environment = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Environment])
    next_attempt_at = models.DateTimeField(null=True, db_default=Now())
    """When it is asked next; None where no address is configured any more."""
    outcome = models.CharField(max_length=12, blank=True, choices=[(one.value, one.value) for one in Outcome])
    """Of the last call, a probe or another; empty before the first."""
    said = models.CharField(max_length=200, blank=True)
    heard_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    available_at = models.DateTimeField(null=True)
    """When it was last available; None where it has never been."""
    failed = models.PositiveIntegerField(default=0)
    """How often in a row it was not."""
    failing_since = models.DateTimeField(null=True)
    answers = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    """All calls that found it available, and all that did not: for who watches."""

    class Meta:
        ordering = ["environment", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name", "environment"], name="service_once_an_environment")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.environment})"

    @property
    def is_available(self) -> bool:
        """True where the last call found it available."""
        return self.outcome in AVAILABLE


class MaintenanceQuerySet(models.QuerySet["Maintenance"]):
    """Times of announced maintenance."""

    def of(self, service: ProbedService) -> Self:
        """Those that concern a service: its own, and those of all in its environment."""
        return self.filter(environment=service.environment, name__in=("", service.name))

    def at(self, moment: datetime) -> Self:
        """Those in which a moment lies."""
        return self.filter(begins_at__lte=moment, ends_at__gt=moment)


class Maintenance(models.Model):
    """A time in which the platform announced that a service, or all of an environment, may be away."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Environment])
    name = models.CharField(max_length=20, blank=True)
    """Of the service; empty for all."""
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    said = models.CharField(max_length=200, blank=True)
    """What the platform announced."""
    noted_by = models.CharField(max_length=200)
    noted_at = models.DateTimeField()

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        ordering = ["begins_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="maintenance_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="maintenance_by_end")]

    def __str__(self) -> str:
        return f"{self.name or self.environment} {self.begins_at}"


class ServiceCall(models.Model):
    """One call to a service and what came of it; folded into hours and forgotten after days."""

    service = models.ForeignKey(ProbedService, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    probe = models.BooleanField()
    """Made to find out; otherwise somebody's work."""
    outcome = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Outcome])
    milliseconds = models.PositiveIntegerField()
    planned = models.BooleanField(default=False, db_default=False)
    """Made while maintenance was announced: it counts apart."""

    class Meta:
        indexes = [models.Index(fields=["at"], name="service_call_by_time")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.milliseconds} ms"


class ServiceHour(models.Model):
    """What came of the calls of one hour."""

    service = models.ForeignKey(ProbedService, on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    calls = models.PositiveIntegerField()
    available = models.PositiveIntegerField()
    planned_calls = models.IntegerField(default=0, db_default=0)
    planned_available = models.IntegerField(default=0, db_default=0)
    """The same of calls while maintenance was announced, which do not count among the others."""
    latencies = ArrayField(models.PositiveIntegerField())
    """How many of the available ones took up to each of `domain.watch.probes.BOUNDS`; the last counts the rest."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "hour"], name="one_row_an_hour")]

    def __str__(self) -> str:
        return f"{self.service} {self.hour}"


class Incident(models.Model):
    """A time in which a service was not available."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(ProbedService, on_delete=models.CASCADE, related_name="incidents")
    began_at = models.DateTimeField()
    """When the first of the calls failed by which it was noticed."""
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Outcome])
    said = models.CharField(max_length=200, blank=True)
    """What was answered, or how it failed, when it was noticed."""

    class Meta:
        ordering = ["-began_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(ended_at=None), name="one_open_incident_a_service"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
                name="an_incident_ends_after_it_began",
            ),
        ]
        indexes = [models.Index(fields=["began_at"], name="incident_by_time")]

    def __str__(self) -> str:
        return f"{self.service} {self.began_at}"


class ServiceTargets(models.Model):
    """What an organisation expects of the services, and in which hours of the week."""

    organisation = models.OneToOneField(
        "organisations.Organisation", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    """Of the calls that should find a service available."""
    milliseconds = models.PositiveIntegerField(null=True)
    """In which 95 of 100 calls should be answered."""
    week = models.JSONField()
    """Seven days, Monday first: [from, until] in full hours, or null."""
    without_holidays = models.BooleanField(default=True)
    """Legal holidays do not count."""
    of_services = models.JSONField(default=dict, db_default={}, blank=True)
    """What is expected of single services, by name, where it differs: {"percent": "99.5", "milliseconds": 800}.

    Written and read as one with what is expected of all; there are a handful of names, all of them ours.
    """

    def __str__(self) -> str:
        return f"{self.percent} %"
