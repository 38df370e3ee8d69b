"""What authorities say of all their certificates, kept once for the whole installation: of no organisation."""

import uuid

from django.db import models
from django.db.models.functions import Now

from organisations.models.queued import Queued


class Issuer(models.Model):
    """One certificate of an authority that leads to an anchor, under its own digest: a row is never changed."""

    fingerprint = models.CharField(primary_key=True, max_length=64)
    """SHA-256 of the DER, hex."""
    der = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.fingerprint[:16]


class RevocationList(Queued):
    """The newest list of an issuer from one address that we verified; a worker asks for a newer one in time.

    Times are the database's, but for what the list says of itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    """Of address and issuer's key, hex (`certificates.trust.kept_answers.Key`)."""
    turn = models.UUIDField()
    """Made of the host: hosts take turns."""
    address = models.TextField()
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="+")
    """Whose key signed it."""
    content = models.BinaryField()
    content_digest = models.CharField(max_length=64)
    number = models.DecimalField(max_digits=60, decimal_places=0, null=True)
    """CRLNumber (RFC 5280 5.2.3), at most 20 bytes long."""
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()
    etag = models.CharField(max_length=200, blank=True, default="", db_default="")
    last_modified = models.CharField(max_length=200, blank=True, default="", db_default="")
    fetched_at = models.DateTimeField(db_default=Now())
    """When this edition came."""
    fresh_until = models.DateTimeField()
    """Until when nobody need ask whether there is a newer one."""
    used_at = models.DateTimeField(db_default=Now())
    """When somebody last judged by it, to the hour; what nobody uses is not renewed."""
    warned_at = models.DateTimeField(null=True)
    """When it was last said that this edition ends and none follows."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.digest[:16]


class StatusAnswer(models.Model):
    """A verified "good" of OCSP about an authority, for an hour at most."""

    digest = models.CharField(primary_key=True, max_length=64)
    """Of certificate and issuer's key, hex."""
    content = models.BinaryField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:16]
