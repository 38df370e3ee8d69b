"""The papers around certificates: what stands in them, how far they are, and the signed copy."""

import json
import uuid
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from certificates.domain.lifecycle import Environment
from certificates.domain.papers import (
    ACCEPTANCE_KINDS,
    ENDS_SOON,
    PERSONAL,
    PaperKind,
    PaperState,
    PaperTime,
    time_of,
)
from organisations.errors import Unreadable
from organisations.sealing import unseal


class PaperQuerySet(models.QuerySet["Paper"]):
    """Questions about papers, in English."""

    def without_documents(self) -> Self:
        """Papers as a list shows them: no document is fetched."""
        return self.defer("sealed_values", "sealed_document", "sealed_copy")

    def of_kind(self, kind: str) -> Self:
        """Papers of one kind; an unknown word finds nothing rather than everything."""
        return self.filter(kind=kind) if kind else self

    def in_state(self, state: str) -> Self:
        """Papers in one state, or all."""
        return self.filter(state=state) if state else self

    def ending_soon(self, today: date) -> Self:
        """Papers in use whose last day is near."""
        return self.exclude(state=PaperState.ENDED).filter(ends_on__gte=today, ends_on__lte=today + ENDS_SOON)


class Paper(models.Model):
    """One paper. Values, the document and the signed copy are sealed: most hold personal data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="papers"
    )
    kind = models.CharField(max_length=30, choices=[(k.value, k.value) for k in PaperKind])
    language = models.CharField(max_length=2)
    environment = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Environment])
    subject = models.CharField(max_length=250)
    """What tells it apart in a list; a national number in it is masked."""
    person = models.ForeignKey(
        "organisations.Person", null=True, on_delete=models.PROTECT, related_name="papers"
    )
    sealed_values = models.BinaryField()
    """JSON: text by field name."""
    sealed_document = models.BinaryField()
    document_digest = models.CharField(max_length=64)
    """SHA-256 of the PDF as it was drawn up, hex."""
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    """Last day, included; None until it is withdrawn."""
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in PaperState], default=PaperState.DRAFTED
    )
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now)
    sent_on = models.DateField(null=True)
    accepted_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    sealed_copy = models.BinaryField(null=True)
    copy_digest = models.CharField(max_length=64, blank=True)
    copy_bytes = models.PositiveIntegerField(default=0)
    copy_uploaded_at = models.DateTimeField(null=True)
    copy_uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PaperQuerySet.as_manager()

    class Meta:
        ordering = ["-drafted_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="paper_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="acceptance_papers_concern_acceptance",
                condition=~Q(kind__in=sorted(kind.value for kind in ACCEPTANCE_KINDS))
                | Q(environment="acceptance"),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-drafted_at", "-id"], name="paper_by_time")]

    def __str__(self) -> str:
        return self.subject

    @property
    def reference(self) -> str:
        """What stands on the printed page to find this paper again."""
        return f"{self.drafted_at:%Y}-{self.id.hex[:8].upper()}"

    @property
    def values(self) -> dict[str, str]:
        """What was filled in, by field name."""
        values: dict[str, str] = json.loads(unseal(self.sealed_values))
        return values

    @property
    def document(self) -> bytes:
        """The PDF as it was drawn up."""
        return unseal(self.sealed_document)

    @property
    def copy(self) -> bytes | None:
        """The signed copy that was uploaded."""
        return None if self.sealed_copy is None else unseal(self.sealed_copy)

    @property
    def is_readable(self) -> bool:
        """False where no key opens what was filled in."""
        try:
            unseal(self.sealed_values)
        except Unreadable:
            return False
        return True

    @property
    def is_personal(self) -> bool:
        """True when a number of the national register stands in it."""
        return self.person_id is not None

    def time(self, today: date) -> PaperTime:
        """How its period lies to `today`."""
        return time_of(self.ends_on, today)

    def shown_values(self) -> dict[str, str]:
        """The values without numbers of the national register."""
        return {name: value for name, value in self.values.items() if name not in PERSONAL}
