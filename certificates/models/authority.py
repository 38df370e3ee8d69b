"""What authorities say of all their certificates, kept once for the whole installation: of no organisation."""

import hashlib
import uuid
from collections.abc import Sequence
from functools import lru_cache

from django.db import models
from django.db.models.functions import Now

from certificates.domain.x509 import MAX_SERIAL_DIGITS
from organisations.models.queued import Queued


class IssuerQuerySet(models.QuerySet["Issuer"]):
    """Certificates of authorities."""

    def keep(self, ders: Sequence[bytes]) -> list[str]:
        """Keep authorities' certificates (DER) that lead to an anchor; return their fingerprints, in the same order.

        What an organisation uploaded and no anchor vouches for is not kept here: these rows are of no organisation.
        """
        fingerprints = [hashlib.sha256(der).hexdigest() for der in ders]
        known = set(self.filter(pk__in=fingerprints).values_list("pk", flat=True)) if ders else set()
        # In the order of their keys, as all who lock several rows.
        missing = {pk: der for pk, der in sorted(zip(fingerprints, ders, strict=True)) if pk not in known}
        if missing:
            self.bulk_create([Issuer(pk=pk, der=der) for pk, der in missing.items()], ignore_conflicts=True)
        return fingerprints


class Issuer(models.Model):
    """One certificate of an authority that leads to an anchor, under its own digest: never changed nor deleted."""

    fingerprint = models.CharField(primary_key=True, max_length=64)
    """SHA-256 of the DER, hex."""
    der = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    objects = IssuerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.fingerprint[:16]


@lru_cache(maxsize=256)
def issuer_der(fingerprint: str) -> bytes:
    """Return an authority's certificate (DER); asked once a process, since a digest names one content for ever.

    Raises Issuer.DoesNotExist.
    """
    return bytes(Issuer.objects.values_list("der", flat=True).get(pk=fingerprint))


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
    entries_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Of the edition whose entries stand in `ListedCertificate`."""
    judged_at = models.DateTimeField(null=True)
    """When all certificates were last judged by it at once."""
    warned_at = models.DateTimeField(null=True)
    """When it was last said that this edition ends and none follows."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.digest[:16]


class ListedCertificate(models.Model):
    """One entry of a list's newest edition that we looked through; gone with its list (PostgreSQL cascades)."""

    id = models.BigAutoField(primary_key=True)
    list = models.ForeignKey(
        RevocationList, on_delete=models.CASCADE, related_name="entries", db_constraint=False, db_index=False
    )
    serial = models.CharField(max_length=MAX_SERIAL_DIGITS)
    """Hex, as certificates have it."""
    revoked_at = models.DateTimeField()
    reason = models.CharField(max_length=24, blank=True)
    """RFC 5280 5.3.1, its spelling."""
    is_final = models.BooleanField()
    """False where a certificate has to be asked about on its own: on hold, removed, or with what we do not read."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "serial"], name="listed_once")]

    def __str__(self) -> str:
        return self.serial


class StatusAnswer(models.Model):
    """A verified "good" of OCSP about an authority, for an hour at most."""

    digest = models.CharField(primary_key=True, max_length=64)
    """Of certificate and issuer's key, hex."""
    content = models.BinaryField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:16]
