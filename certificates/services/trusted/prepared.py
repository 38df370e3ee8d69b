"""Which software of an organisation has been prepared for a certificate of the platform: a list to tick."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from certificates.errors.trusted import SoftwareRefused
from certificates.models import Installation, PlatformCertificate, PreparedSoftware
from certificates.models.trusted.platform import MAX_SOFTWARE
from organisations.models import Organisation, User
from organisations.services.audit import Actor, record

MOST_LINES, MOST_SUGGESTED = 200, 40


def suggested(organisation: Organisation, certificate: PlatformCertificate) -> list[str]:
    """Return software that workstations reported, or that stood on an earlier list, and that is not on this one."""
    packages = Installation.objects.filter(organisation=organisation).present().exclude(package="")
    earlier = PreparedSoftware.objects.filter(organisation=organisation)
    names = {
        *packages.values_list("package", flat=True).distinct(),
        *earlier.values_list("software", flat=True).distinct(),
    }
    names -= set(earlier.filter(certificate=certificate).values_list("software", flat=True))
    return sorted(names, key=str.casefold)[:MOST_SUGGESTED]


@transaction.atomic
def add_software(
    organisation: Organisation,
    certificate: PlatformCertificate,
    names: list[str],
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Put software on the list; what stands there stays as it is. Returns how many are new. Raises SoftwareRefused."""
    wanted = list(dict.fromkeys(" ".join(name.split()) for name in names))
    if not wanted or any(not name or len(name) > MAX_SOFTWARE for name in wanted):
        raise SoftwareRefused
    # Whoever adds to the same organisation's list meanwhile waits.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    rows = PreparedSoftware.objects.filter(organisation=organisation, certificate=certificate)
    known = set(rows.values_list("software", flat=True))
    new = [name for name in wanted if name not in known]
    if len(known) + len(new) > MOST_LINES:
        raise SoftwareRefused
    for name in new:
        made = PreparedSoftware.objects.create(
            organisation=organisation, certificate=certificate, software=name
        )
        record(
            organisation,
            "software_listed",
            made,
            actor=actor,
            now=now,
            name=certificate.name,
            package=name,
            environment=certificate.environment,
        )
    return len(new)


@transaction.atomic
def mark(
    organisation: Organisation, line_id: UUID, *, prepared: bool, by: User, actor: Actor, now: datetime
) -> PreparedSoftware | None:
    """Tick a line or untick it; None where it is no line of this organisation. The same again changes nothing."""
    rows = PreparedSoftware.objects.select_for_update(of=("self",)).select_related("certificate")
    line = rows.filter(organisation=organisation, pk=line_id).first()
    if line is None or bool(line.prepared_at) == prepared:
        return line
    line.prepared_at, line.prepared_by = (now, by) if prepared else (None, None)
    line.save(update_fields=["prepared_at", "prepared_by"])
    record(
        organisation,
        "software_prepared" if prepared else "software_unprepared",
        line,
        actor=actor,
        now=now,
        name=line.certificate.name,
        package=line.software,
        environment=line.certificate.environment,
    )
    return line


@transaction.atomic
def remove(organisation: Organisation, line_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Take a line off the list; False where it is none of this organisation."""
    rows = PreparedSoftware.objects.select_related("certificate")
    line = rows.filter(organisation=organisation, pk=line_id).first()
    if line is None:
        return False
    record(
        organisation,
        "software_unlisted",
        line,
        actor=actor,
        now=now,
        name=line.certificate.name,
        package=line.software,
        environment=line.certificate.environment,
    )
    line.delete()
    return True
