"""Large uploads as an administrator sends them, and archives of every kind."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from uuid import UUID

from certificates.models import Consignment
from certificates.services.inventory import consignments
from organisations.domain.work import Lane
from organisations.tenancy import acting_for
from tests.certificates.stages import now
from tests.support.hospital import Hospital
from tests.support.work import work_off


def archive(content: Mapping[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as writing:
        for name, one in content.items():
            writing.writestr(name, one)
    return made.getvalue()


def send(hospital: Hospital, *files: tuple[str, bytes]) -> Consignment:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return consignments.send(
            hospital.organisation,
            [(name, len(content), [content]) for name, content in files],
            user=hospital.administrator,
            now=now(),
        )


def read(hospital: Hospital, *files: tuple[str, bytes]) -> Consignment:
    """Send files and have them read and judged."""
    sent = send(hospital, *files)
    work_off(Lane.IMPORTS)
    return again(hospital, sent.pk)


def decide(hospital: Hospital, found: Consignment, *groups: str) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert consignments.decide(found, groups, now=now())


def again(hospital: Hospital, key: UUID) -> Consignment:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Consignment.objects.get(pk=key)


def findings(hospital: Hospital, found: Consignment) -> list[tuple[str, str, str]]:
    """File, group and problem of each entry."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        parts: Iterable[int] = range(found.parts)
        return [
            (one["file"], one["group"], one.get("problem", ""))
            for number in parts
            for one in consignments.part_of(found, number)
        ]
