"""Finding the certificates that a list names, and what setting its tags, owners and notes would change."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from certificates.domain.references import Reference, same_issuer
from certificates.errors.care import NoTag
from certificates.models import Carer, Caring, Certificate, Note, Tag
from certificates.models.listing.care import MAX_NOTE
from certificates.services.care.tags import tag_text
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, User
from organisations.selectors import members_of

_SHOWN = ("id", "organisation_id", "fingerprint", "serial", "issuer", "common_name", "holder_name", "environment",
          "identifier_type", "identifier_value", "application_id", "not_after", "ssin_index")  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a list and what is known of it.

    `problem`: what `Reference` says, or absent (it stands not here), several, issuer (the serial number stands here, of
    another issuer), tag, owner, note, twice. Only a line without one sets something: `tags`, `owner`, `note` are new.
    """

    reference: Reference
    certificate: Certificate | None = None
    problem: str = ""
    tags: tuple[str, ...] = ()
    owner: User | None = None
    owner_before: str = ""
    note: str = ""

    @property
    def changes(self) -> bool:
        """Whether something is set that is not so already."""
        return bool(not self.problem and (self.tags or self.owner or self.note))

    @property
    def sign(self) -> str:
        """What is about to be done, for comparing it with what was shown."""
        owner = self.owner.pk if self.owner else ""
        key = self.certificate.pk if self.certificate else ""
        return f"{self.reference.line} {key} {self.problem} {self.tags!r} {owner} {self.note}"


def look_up(organisation: Organisation, references: Sequence[Reference]) -> list[Line]:
    """Return each line with its certificate, in a few statements however many there are."""
    finder = _Finder(organisation, references)
    found = [finder.find(one) for one in references]
    keys = [line.certificate.pk for line in found if line.certificate]
    tags: dict[object, set[str]] = defaultdict(set)
    for key, text in Tag.objects.filter(certificate__in=keys).values_list("certificate_id", "text"):
        tags[key].add(text)
    notes: set[tuple[object, str]] = set(
        Note.objects.filter(certificate__in=keys).values_list("certificate_id", "text")
    )
    carers = Carer.objects.filter(certificate__in=keys, caring=Caring.OWNER).select_related("user")
    owners = {one.certificate_id: one.user for one in carers}
    members = _members(organisation)
    seen: set[object] = set()
    lines = []
    for line in found:
        if line.certificate is not None and not line.problem:
            key = line.certificate.pk
            if key in seen:
                line = Line(line.reference, line.certificate, "twice")  # the same, judged further
            else:
                seen.add(key)
                line = _change(line, tags[key], owners.get(key), notes, members)  # likewise
        lines.append(line)
    return lines


def _members(organisation: Organisation) -> dict[str, User | None]:
    """Return members by address and name, in lower case; None where two have one name."""
    found: dict[str, User | None] = {}
    for user in {one.user_id: one.user for one in members_of(organisation)}.values():
        name = user.full_name.lower()
        found[name] = None if name in found else user
        found[user.email.lower()] = user
    return found


def _change(
    line: Line,
    tags: set[str],
    owner: User | None,
    notes: set[tuple[object, str]],
    members: dict[str, User | None],
) -> Line:
    reference, certificate = line.reference, line.certificate
    if certificate is None:
        return line
    try:
        wanted = tuple(sorted({tag_text(one) for one in reference.tags} - tags))
    except NoTag:
        return Line(reference, certificate, "tag")
    to = members.get(reference.owner.lower()) if reference.owner else None
    if reference.owner and to is None:
        return Line(reference, certificate, "owner")
    note = mask_ssins(reference.note.replace("\r\n", "\n").strip())
    if len(note) > MAX_NOTE:
        return Line(reference, certificate, "note")
    return Line(
        reference,
        certificate,
        tags=wanted,
        owner=to if to != owner else None,
        owner_before=owner.full_name if owner and to and to != owner else "",
        note="" if (certificate.pk, note) in notes else note,
    )


class _Finder:
    """Certificates of an organisation by what lines say; what is a person's own is nobody else's to list."""

    def __init__(self, organisation: Organisation, references: Sequence[Reference]) -> None:
        good = [one for one in references if not one.problem]
        rows = Certificate.objects.filter(organisation=organisation, private_to=None).only(*_SHOWN)
        self._by_fingerprint = {
            one.fingerprint: one
            for one in rows.filter(fingerprint__in=[one.fingerprint for one in good if one.fingerprint])
        }
        self._by_serial: dict[str, list[Certificate]] = defaultdict(list)
        serials = {serial for one in good for serial in one.serials}
        for row in rows.filter(serial__in=serials) if serials else ():
            self._by_serial[row.serial].append(row)
        named = [one for one in good if not one.fingerprint and not one.serials]
        numbers = {one.number for one in named if one.number}
        alone = {one.application for one in named if not one.number}
        self._of_names: dict[str, list[Certificate]] = defaultdict(list)
        self._of_applications: dict[str, list[Certificate]] = defaultdict(list)
        applications = {one.application for one in named if one.number}
        for row in (
            rows.filter(identifier_value__in=numbers, application_id__in=applications) if numbers else ()
        ):
            self._of_names[row.identifier_value].append(row)
        for row in rows.filter(application_id__in=alone) if alone else ():
            self._of_applications[row.application_id].append(row)

    def find(self, one: Reference) -> Line:
        """Return a line with its certificate, or with why there is none."""
        if one.problem:
            return Line(one, problem=one.problem)
        if one.fingerprint:
            row = self._by_fingerprint.get(one.fingerprint)
            return Line(one, row, "" if row else "absent")
        if one.serials:
            some = {row.pk: row for serial in one.serials for row in self._by_serial.get(serial, ())}
            of_issuer = [
                row for row in some.values() if not one.issuer or same_issuer(one.issuer, row.issuer)
            ]
            if len(of_issuer) == 1:
                return Line(one, of_issuer[0])
            return Line(one, problem="several" if of_issuer else "issuer" if some else "absent")
        rows = (
            self._of_names.get(one.number, ())
            if one.number
            else self._of_applications.get(one.application, ())
        )
        latest: dict[tuple[str, ...], Certificate] = {}
        for row in rows:
            name = (row.identifier_type, row.identifier_value, row.application_id, row.environment)
            fits = (
                one.type in {"", row.identifier_type}
                and one.application == row.application_id
                and one.environment in {"", row.environment}
            )
            if fits and (name not in latest or latest[name].not_after < row.not_after):
                latest[name] = row
        if len(latest) == 1:
            return Line(one, next(iter(latest.values())))
        return Line(one, problem="several" if latest else "absent")
