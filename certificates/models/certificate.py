"""The inventory: one row per certificate an organisation knows of."""

import base64
import uuid
from datetime import datetime
from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from agent.wire.days import days_left
from agent.wire.pki.moments import has_no_end
from certificates.domain.lifecycle import Environment
from certificates.domain.validity import (
    REPLACEMENT_WINDOW,
    CertificateStatus,
    RevocationStatus,
    Standing,
    standing_of,
    status_of,
    window_start,
)
from certificates.domain.x509 import MAX_SERIAL_DIGITS
from certificates.finding import FOUND
from certificates.models.authority import RevocationList, issuer_der
from certificates.models.listing.search import SearchEntry
from certificates.succession import NAME
from organisations.models.queued import Queued
from organisations.sealing import unseal
from organisations.ssin import index_in_row

WINDOW_START = Coalesce(F("replaceable_from"), F("not_after") - REPLACEMENT_WINDOW)
"""`domain.validity.window_start` as SQL."""

RARE = 4_000
"""Certificates that a text finds at most, for a list to begin with them."""

NOT_GOOD = frozenset({RevocationStatus.REVOKED, RevocationStatus.ON_HOLD})
"""For good or for now."""

SETTLED = Q(renewed=True) | Q(ending=True) | Q(revocation_status="revoked") | Q(chain_trusted=False)
"""Certificates about which nothing is left to do, whatever day it is; by `OPEN` all others."""
OPEN = Q(renewed=False, ending=False, chain_trusted=True) & ~Q(revocation_status="revoked")


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Questions about certificates, in English."""

    def expiring_before(self, moment: datetime) -> Self:
        """Certificates that end before `moment`."""
        return self.filter(not_after__lt=moment)

    def unexpired_at(self, now: datetime) -> Self:
        """Certificates whose end lies after `now`."""
        return self.filter(not_after__gt=now)

    def not_revoked(self) -> Self:
        """Certificates not known as revoked."""
        return self.exclude(revocation_status=RevocationStatus.REVOKED)

    def in_status(self, status: CertificateStatus, now: datetime) -> Self:
        """Certificates that `status_of` puts in `status` at `now`."""
        return self.alias(window_start=WINDOW_START).filter(in_each_status(now)[status])

    def of_the_same_name_as(self, certificate: "Certificate") -> Self:
        """Certificates with the name of `certificate`, itself included; none for a name the government never gave."""
        if not certificate.identifier_type:
            return self.none()
        own = {field: getattr(certificate, field) for field in NAME if field != "ssin_index"}
        return self.filter(
            organisation=certificate.organisation_id, ssin_index__in=index_in_row(certificate), **own
        )

    def genuine(self) -> Self:
        """Certificates of a known authority, neither revoked nor on hold: only they can take over from another.

        Anybody can make a certificate that bears a name.
        """
        return (
            self.not_revoked().filter(chain_trusted=True).exclude(revocation_status=RevocationStatus.ON_HOLD)
        )

    def without_successor(self) -> Self:
        """Certificates beside which no genuine later one of the same name stands."""
        return self.filter(renewed=False)

    def matching(self, organisation: UUID, text: str) -> Self:
        """Certificates of `organisation` in which each word of `text` begins a word, of it or of what is beside it.

        Rare words are found by the index of words. Where they are common, the list is walked in its own order, and
        soon has what it shows.
        """
        if not text.strip():
            return self
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT coalesce(array_agg(found), '{{}}') FROM {FOUND}(%s, %s, %s) AS found",  # noqa: S608  # ours
                [organisation, text, RARE + 1],
            )
            [ids] = cursor.fetchone()
        if len(ids) <= RARE:
            return self.filter(_among(ids))
        words = SearchEntry.objects.filter(pk=OuterRef("pk")).values("words")
        looked = Func(
            Value(organisation, models.UUIDField()),
            Value(text),
            function="ehportal_query",
            output_field=models.TextField(),
        )
        holds = Func(Subquery(words), looked, function="ehportal_holds", output_field=models.BooleanField())
        return self.filter(holds)


def _among(ids: list[UUID]) -> Func:
    """Return, as SQL, whether a row is one of these: one value, however many they are."""
    return Func(
        F("pk"),
        Value(ids, ArrayField(models.UUIDField())),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=models.BooleanField(),
    )


def in_each_status(now: datetime) -> dict[CertificateStatus, Q]:
    """Return `status_of` as SQL over certificates that are annotated with their `window_start`."""
    revoked, held = (
        Q(revocation_status=RevocationStatus.REVOKED),
        Q(revocation_status=RevocationStatus.ON_HOLD),
    )
    recognised = ~revoked & Q(chain_trusted=True)
    running = recognised & Q(not_after__gt=now)
    current = running & ~held & Q(not_before__lte=now)
    return {
        CertificateStatus.REVOKED: revoked,
        CertificateStatus.NOT_RECOGNISED: ~revoked & Q(chain_trusted=False),
        CertificateStatus.EXPIRED: recognised & Q(not_after__lte=now),
        CertificateStatus.ON_HOLD: running & held,
        CertificateStatus.NOT_YET_VALID: running & ~held & Q(not_before__gt=now),
        CertificateStatus.RENEWABLE: current & Q(window_start__lte=now),
        CertificateStatus.VALID: current & Q(window_start__gt=now),
    }


class Certificate(Queued):
    """One certificate. The DER is sealed, because a personal certificate carries a national number in its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="certificates"
    )
    environment = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Environment])
    sealed_der = models.BinaryField()
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of the DER, hex."""
    public_key_identifier = models.CharField(max_length=40)
    """SHA-1 of the subjectPublicKey bits (RFC 5280 4.2.1.2 method 1), hex."""
    serial = models.CharField(max_length=MAX_SERIAL_DIGITS, blank=True)
    """Serial number, hex; empty where it cannot be read."""
    subject = models.CharField(max_length=500)
    """RFC 4514; a national number in it is masked."""
    issuer = models.CharField(max_length=500)
    common_name = models.CharField(max_length=250)
    holder_name = models.CharField(max_length=250, blank=True)
    identifier_type = models.CharField(max_length=40, blank=True)
    identifier_value = models.CharField(max_length=11, blank=True)
    """Empty for a natural person: see `ssin_index`."""
    ssin_index = models.CharField(max_length=64, blank=True)
    application_id = models.CharField(max_length=30, blank=True)
    holds_number = models.BooleanField(default=False)
    """Whether a national number stands anywhere in it, as was seen when it was taken in: see `shows_number`."""
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    key_algorithm = models.CharField(max_length=40)
    key_usages = models.JSONField(default=list)
    extended_key_usages = models.JSONField(default=list)
    crl_urls = models.JSONField(default=list)
    ocsp_urls = models.JSONField(default=list)
    issuers = ArrayField(models.CharField(max_length=64), null=True, blank=True)
    """Which rows of `Issuer` stand above it, nearest first, without the root; None where `chain` holds them."""
    chain = models.JSONField(default=list)
    """DER of issuers that no anchor vouches for, or of a row of a version before; base64. See `above`."""
    chain_trusted = models.BooleanField(default=False)
    """True when the chain led to an anchor of this environment when it was taken in."""
    revocation_status = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in RevocationStatus],
        default=RevocationStatus.UNKNOWN,
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = models.CharField(max_length=24, blank=True)
    """Why, as OCSP or the CRL told it (RFC 5280 5.3.1, its spelling); certificateHold is the one that may end."""
    on_hold_since = models.DateTimeField(null=True, blank=True)
    """Since when it is suspended, as OCSP or the CRL told it; empty for any other, and where it was not told."""
    revocation_checked_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.UUIDField(null=True, blank=True)
    """The `RevocationList` that judges it together with all others of its issuer: nobody asks about it alone then."""
    next_attempt_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    """When its revocation status is to be asked next; a new certificate's at once, None where nobody need ask again."""
    source = models.CharField(
        max_length=10, choices=[(one, one) for one in ("requested", "imported", "recorded")]
    )
    """requested here, imported from a file, or taken over from the government's record."""
    taken_in_with = models.UUIDField(null=True, blank=True)
    """The `Intake` that brought it, for one that was imported with others."""
    replaceable_from = models.DateTimeField(null=True, blank=True)
    """The government's ReplacementPeriodStartDate, where it has told; stronger than the published 90 days."""
    government_status = models.CharField(max_length=20, blank=True)
    """AuthenticationCertificateStatus as the government last told it, verbatim."""
    government_token_status = models.CharField(max_length=20, blank=True)
    """ETKStatus, likewise."""
    government_asked_at = models.DateTimeField(null=True, blank=True)
    contact_data = models.JSONField(null=True, blank=True)
    """Contact data and services that the government keeps with it: what a renewal starts from."""
    switch_confirmed_at = models.DateTimeField(null=True, blank=True)
    """When a renewed certificate was said to be out of use everywhere: its renewal is done."""
    owner = models.ForeignKey(
        "organisations.Person",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="own_certificates",
    )
    """The care provider whose own certificate it is, requested here by that person."""
    shared_at = models.DateTimeField(null=True, blank=True)
    """Since when the owner lets the organisation see it."""
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """The owner's account while it is not shared: row-level security shows it to nobody else."""
    search_text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    renewed = models.BooleanField(default=False, db_default=False)
    """Whether a genuine later one of its name stands, for whoever sees this one; kept by `succession`'s triggers."""
    ending = models.BooleanField(default=False, db_default=False)
    """Whether a revocation of it is on its way; kept by them too."""

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["not_after", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "fingerprint"],
                name="certificate_once_an_organisation",
                condition=Q(private_to=None),
            ),
            models.UniqueConstraint(
                fields=["organisation", "fingerprint", "private_to"],
                name="private_certificate_once_an_owner",
                condition=Q(private_to__isnull=False),
            ),
            models.CheckConstraint(
                name="an_own_certificate_is_private_or_shared",
                condition=Q(owner=None, shared_at=None, private_to=None)
                | Q(owner__isnull=False, shared_at=None, private_to__isnull=False)
                | Q(owner__isnull=False, shared_at__isnull=False, private_to=None),
            ),
        ]
        indexes = [
            # Rows of a version before, until their issuers are shared (services/inventory/share_issuers.py).
            models.Index(
                fields=["id"],
                condition=Q(issuers__isnull=True, chain_trusted=True),
                name="certificate_unshared_issuers",
            ),
            models.Index(fields=["organisation", "not_after", "id"], name="certificate_by_end"),
            models.Index(fields=["organisation", "public_key_identifier"], name="certificate_by_key"),
            models.Index(
                fields=["taken_in_with", "not_after", "id"],
                condition=Q(taken_in_with__isnull=False),
                name="certificate_by_intake",
            ),
            models.Index(
                fields=["organisation", "identifier_value", "application_id"], name="certificate_by_name"
            ),
            # The orders of the list (selectors/listing/orders.py).
            models.Index(
                fields=["organisation", "application_id", "common_name", "not_after", "id"],
                name="certificate_in_order_of_names",
            ),
            models.Index(
                fields=["organisation", "environment", "not_after", "id"], name="certificate_by_environment"
            ),
            models.Index(fields=["organisation", "created_at", "id"], name="certificate_by_arrival"),
            models.Index(fields=["organisation", "not_after", "id"], condition=OPEN, name="certificate_open"),
            models.Index(
                fields=["organisation", "not_after", "id"], condition=SETTLED, name="certificate_settled"
            ),
        ]

    def __str__(self) -> str:
        return self.common_name

    @property
    def der(self) -> bytes:
        """The certificate itself."""
        return unseal(self.sealed_der)

    @property
    def above(self) -> tuple[bytes, ...]:
        """Its issuers (DER), nearest first, without the root."""
        if self.issuers is None:
            return tuple(base64.b64decode(der) for der in self.chain)
        return tuple(issuer_der(fingerprint) for fingerprint in self.issuers)

    def status(self, now: datetime) -> CertificateStatus:
        """What the certificate is good for at `now`."""
        revocation = RevocationStatus(self.revocation_status)
        return status_of(
            self.not_before, self.not_after, revocation, now, self.replaceable_from, self.chain_trusted
        )

    def standing(self, now: datetime) -> Standing:
        """What lists call it at `now`."""
        return standing_of(self.status(now), self.not_after, now, renewed=self.renewed, ending=self.ending)

    @property
    def is_genuine(self) -> bool:
        """True for one of a known authority, neither revoked nor on hold, as `CertificateQuerySet.genuine` asks."""
        return self.chain_trusted and self.revocation_status not in NOT_GOOD

    @property
    def serial_number(self) -> int | None:
        """The serial number; None where it cannot be read, which is that of no other certificate."""
        return int(self.serial, 16) if self.serial else None

    @property
    def shows_number(self) -> bool:
        """True where whoever gets the certificate itself sees a national number: decides download and its trace."""
        return self.holds_number or bool(self.ssin_index)

    @property
    def checked_at(self) -> datetime | None:
        """When its status was last heard: of itself, or by the list that judges it together with all others."""
        if self.judged_by is None or self.next_attempt_at is not None or self.revocation_status in NOT_GOOD:
            return self.revocation_checked_at
        lists = RevocationList.objects.filter(pk=self.judged_by, judged_at__isnull=False)
        heard = [*lists.values_list("judged_at", flat=True), self.revocation_checked_at]
        return max((one for one in heard if one is not None), default=None)

    @property
    def has_no_end(self) -> bool:
        """True for one that was made to be valid for ever."""
        return has_no_end(self.not_after)

    @property
    def renewable_from(self) -> datetime:
        """When its replacement period begins."""
        return window_start(self.not_after, self.replaceable_from)

    @property
    def current_status(self) -> CertificateStatus:
        """`status` at this moment, for pages."""
        return self.status(timezone.now())

    @property
    def days_left(self) -> int:
        """Belgian days until the last one; negative when it has passed."""
        return days_left(self.not_after, timezone.now())

    @property
    def elapsed_percent(self) -> int:
        """How much of the validity has gone by, 0 to 100."""
        total = (self.not_after - self.not_before).total_seconds()
        gone = (timezone.now() - self.not_before).total_seconds()
        return max(0, min(100, round(100 * gone / total))) if total > 0 else 100
