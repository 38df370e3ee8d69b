"""Uploading, looking at and taking certificates as an administrator does."""

from datetime import datetime

from certificates.models import Certificate, ImportBatch
from certificates.services.inventory import imports
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.stages import now
from tests.support.hospital import Hospital

Files = list[tuple[str, bytes]]


def upload(hospital: Hospital, files: Files, *, at: datetime | None = None) -> ImportBatch:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return imports.upload(
            hospital.organisation,
            files,
            user=hospital.administrator,
            actor=Actor.user(hospital.administrator),
            now=at or now(),
        )


def preview(hospital: Hospital, batch: ImportBatch) -> list[imports.PreviewLine]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return imports.preview(batch, now=now())


def take(hospital: Hospital, batch: ImportBatch, keys: set[str]) -> int:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return imports.take(batch, keys, actor=Actor.user(hospital.administrator), now=now()).new


def stored(hospital: Hospital) -> list[Certificate]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Certificate.objects.filter(organisation=hospital.organisation).order_by("common_name"))
