"""The trusted lists, of no organisation: each version that was verified, and what was otherwise in it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import ChangeKind, ListKind, Purpose, Refusal
from organisations.models.queued import Queued


class WatchedList(Queued):
    """One list of one environment, which a worker asks for every day; a refusal leaves everything as it was."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    turn = models.UUIDField(default=uuid.uuid4)
    environment = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Environment])
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in ListKind])
    address = models.CharField(max_length=400)
    """Of its XML; the digest stands beside it, ending in `.sha2` instead."""
    current = models.ForeignKey(
        "certificates.ListVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The version that counts."""
    asked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    """When it was last seen that the version that counts is the newest."""
    refusal = models.CharField(
        max_length=20, blank=True, default="", choices=[(one.value, one.value) for one in Refusal]
    )
    """Why what came last was not taken; empty while all is well."""
    refused_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    """When its operator closed it for good: nothing new is taken any more, and what stands stays."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "kind"], name="one_list_an_environment")
        ]

    def __str__(self) -> str:
        return f"{self.environment} {self.kind}"


class ListVersion(models.Model):
    """One version of a list, as it came and as it was signed: never changed nor deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    list = models.ForeignKey(WatchedList, on_delete=models.PROTECT, related_name="versions")
    sequence = models.PositiveIntegerField()
    content = models.BinaryField()
    """As it came."""
    signed = models.BinaryField()
    """What the signature covers, in canonical form: everything is read from here."""
    digest = models.CharField(max_length=64)
    """SHA-256 of `content`, hex."""
    scheme = models.CharField(max_length=300)
    issued_at = models.DateTimeField()
    next_update = models.DateTimeField(null=True)
    """None: closed for good."""
    signer = models.CharField(max_length=64)
    """Fingerprint of the operator's certificate."""
    signer_name = models.CharField(max_length=300)
    services = models.PositiveIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["-sequence"]
        constraints = [models.UniqueConstraint(fields=["list", "sequence"], name="version_once_a_number")]

    def __str__(self) -> str:
        return str(self.sequence)


class ListChange(models.Model):
    """What was otherwise in a version than in the one before, of one service."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(ListVersion, on_delete=models.PROTECT, related_name="changes")
    place = models.PositiveIntegerField()
    """Its place among the changes of the version."""
    kind = models.CharField(max_length=16, choices=[(one.value, one.value) for one in ChangeKind])
    type = models.CharField(max_length=200)
    """The whole address of the service's type."""
    key = models.CharField(max_length=140)
    name = models.CharField(max_length=300)
    provider = models.CharField(max_length=300)
    subject = models.CharField(max_length=1000, blank=True)
    """Of its certificate, as certificates name their issuer (RFC 4514)."""
    status = models.CharField(max_length=300)
    former_status = models.CharField(max_length=300, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    former_fingerprint = models.CharField(max_length=64, blank=True)
    effective_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["version", "place"]
        constraints = [models.UniqueConstraint(fields=["version", "place"], name="change_once_a_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ListOperator(models.Model):
    """Somebody whom a verified list announced as one who may sign: counts once a person has said yes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.CharField(max_length=12)
    fingerprint = models.CharField(max_length=64)
    der = models.BinaryField()
    name = models.CharField(max_length=300)
    not_after = models.DateTimeField()
    announced_in = models.ForeignKey(ListVersion, on_delete=models.PROTECT, related_name="+")
    announced_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["announced_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "fingerprint"], name="operator_asked_for_once")
        ]

    def __str__(self) -> str:
        return self.name


class StoreNumber(models.Model):
    """The number that a certificate has in a trust store, for ever: its name there is made of it."""

    id = models.BigAutoField(primary_key=True)
    environment = models.CharField(max_length=12)
    purpose = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Purpose])
    fingerprint = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    der = models.BinaryField()
    since = models.DateTimeField()
    """Issue of the list that brought it."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "purpose", "fingerprint"], name="store_number_once_a_certificate"
            ),
            models.UniqueConstraint(
                fields=["environment", "purpose", "number"], name="store_number_once_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.number}"
