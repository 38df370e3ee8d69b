"""Taking over what a workstation found on its disks: which certificates are installed where, and what is gone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from agent.wire.link.installations import Installation as Found
from agent.wire.link.installations import InstallationReport, InstallationsMatched
from agent.wire.pki.moments import within
from certificates.domain.installations import (
    TOLERANCE,
    Estimate,
    estimate,
    lies_under,
    name_of,
)
from certificates.models import Certificate, Installation, MachineLook
from organisations.domain.claims import Use
from organisations.models import Device, Organisation, OrganisationIdentifier
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for

KEPT = (
    "package", "file_digest", "fingerprint", "public_key_identifier", "name", "environment", "not_after",
    "estimated", "certificate", "last_seen_at", "gone_at", "accepted_at", "accepted_by", "accepted_reason",
)  # fmt: skip
"""What a report may change in a row."""

Numbers = set[tuple[str, str]]
"""Type and value of each number that an organisation has proven."""


def report_installations(
    report: InstallationReport, device: Device, organisations: Iterable[UUID], *, now: datetime
) -> InstallationsMatched:
    """Take a report over for each of `organisations` (those for which the device works), in one transaction.

    An organisation keeps what concerns it: certificates of its inventory that were made here, that the government
    recorded, or that bear a number it has proven, and files that bear such a number; of an imported one that bears
    nobody's number, the very certificate. Of anything else it learns nothing: a number and a certificate are public,
    and whoever has them could ask where they are.
    """
    matched: set[str] = set()
    gone: set[str] = set()
    with transaction.atomic():
        # One report of a device at a time: the second one finds what the first has written.
        Device.objects.select_for_update().get(pk=device.pk)
        for organisation_id in sorted(organisations):
            with acting_for([organisation_id], as_platform=True):
                taken = _Taking(Organisation.objects.get(pk=organisation_id), report, device, now)
                taken.run()
                matched |= taken.matched
                gone |= taken.gone
    return InstallationsMatched(len(matched), len(report.installations) - len(matched), len(gone))


@dataclass
class _Inventory:
    """The certificates of one organisation that a report may speak of."""

    by_fingerprint: dict[str, Certificate] = field(default_factory=dict)
    by_key: dict[str, Certificate] = field(default_factory=dict)
    shared_keys: set[str] = field(default_factory=set)
    by_name: dict[tuple[str, ...], list[Certificate]] = field(default_factory=lambda: defaultdict(list))

    def match(self, found: Found) -> Certificate | None:
        """Return the certificate of an installation: by itself, else by its key, or by the name of a closed file.

        Where the certificate itself was read, only that counts: a renewal may keep the key, and the file the old one.
        """
        if found.fingerprint is not None:
            return self.by_fingerprint.get(found.fingerprint)
        if found.public_key_identifier is not None:
            return self.by_key.get(found.public_key_identifier)
        guess = estimate(found.path)
        if guess is None or guess.environment != found.environment:
            return None
        near = [
            one for one in self.by_name[_key_of(guess)] if abs(one.not_after - guess.not_after) <= TOLERANCE
        ]
        return min(near, key=lambda one: abs(one.not_after - guess.not_after), default=None)

    def shares_a_key(self, found: Found) -> bool:
        """True for another certificate of a key that the organisation knows; private ones are nobody's business."""
        return found.public_key_identifier in self.shared_keys


def _key_of(guess: Estimate) -> tuple[str, ...]:
    return guess.environment, guess.name.type, guess.name.value, guess.name.application_id or ""


def _inventory(
    organisation: Organisation, report: InstallationReport, device: Device, numbers: Numbers
) -> _Inventory:
    """Read the certificates that the report names and that concern the organisation, in one query.

    Private ones and other personal ones only for their holder's workstation.
    """
    fingerprints = {one.fingerprint for one in report.installations if one.fingerprint}
    keys = {one.public_key_identifier for one in report.installations if one.public_key_identifier}
    closed = [one for one in report.installations if not one.fingerprint and not one.public_key_identifier]
    guesses = [guess for one in closed if (guess := estimate(one.path))]
    rows: QuerySet[Certificate] = Certificate.objects.filter(
        Q(fingerprint__in=fingerprints)
        | Q(public_key_identifier__in=keys)
        | Q(
            identifier_value__in={guess.name.value for guess in guesses},
            application_id__in={guess.name.application_id or "" for guess in guesses},
        ),
        Q(private_to=None) | Q(owner__ssin_index__in=device.holder_index),
        organisation=organisation,
    ).defer("sealed_der", "chain", "search_text")
    rows = rows.annotate(holders_own=Q(ssin_index__in=device.holder_index))
    found = _Inventory()
    for row in rows:
        if _is_nobodys(row):
            found.by_fingerprint[row.fingerprint] = row
            continue
        if not _concerns(row, numbers, holders_own=row.holders_own):
            continue
        found.by_fingerprint[row.fingerprint] = row
        # Of several of one key the one that ends first: nothing counts as switched by its key alone.
        found.by_key.setdefault(row.public_key_identifier, row)
        if row.private_to_id is None:
            found.shared_keys.add(row.public_key_identifier)
        name = (row.environment, row.identifier_type, row.identifier_value, row.application_id)
        found.by_name[name].append(row)
    return found


def _is_nobodys(row: Certificate) -> bool:
    """Tell whether it was imported and bears no eHealth name: no number says whose it is, and nobody can prove it.

    Who has it in the inventory and in a key store of a workstation that works for the organisation uses it.
    """
    return row.source == "imported" and not row.identifier_type and not row.shows_number


def _concerns(row: Certificate, numbers: Numbers, *, holders_own: bool) -> bool:
    """Tell whether a certificate of an inventory is the organisation's, or the reporting holder's own."""
    if row.source in {"requested", "recorded"}:
        return True
    if row.ssin_index:
        return holders_own
    return (row.identifier_type, row.identifier_value) in numbers


class _Taking:
    """One report in one organisation."""

    def __init__(
        self, organisation: Organisation, report: InstallationReport, device: Device, now: datetime
    ) -> None:
        self.organisation, self.report, self.device, self.now = organisation, report, device, now
        self.actor = Actor.device(device)
        # One workstation may speak of several machines, where the same path is another place.
        self.machine = report.machine[:100]
        self.matched: set[str] = set()
        self.gone: set[str] = set()

    def run(self) -> None:
        """Match, write, and record what is new and what is gone."""
        proven = OrganisationIdentifier.objects.that_may(Use.INSTALLATIONS)
        numbers = set(proven.filter(organisation=self.organisation).values_list("type", "value"))
        inventory = _inventory(self.organisation, self.report, self.device, numbers)
        rows = list(
            Installation.objects.filter(
                organisation=self.organisation, device_id=self.device.pk, machine=self.machine
            ).select_related("certificate")
        )
        at: dict[str, list[Installation]] = defaultdict(list)
        for row in rows:
            at[row.path].append(row)
        kept: list[Installation] = []
        fresh: list[Installation] = []
        new: list[Installation] = []
        untouched: list[Installation] = []
        for found in self.report.installations:
            certificate = inventory.match(found)
            name = name_of(found.subject, found.path)
            if certificate is not None:
                self.matched.add(found.path)
            known = _known(at[found.path], found)
            bears_ours = name is not None and (name.type, name.value) in numbers
            if certificate is None and not bears_ours and not inventory.shares_a_key(found):
                # Not its business, or not yet: nothing new is told, and nothing is called gone that is there.
                untouched += [known] if known else []
                continue
            row = known or self._make(found)
            (kept if known else fresh).append(row)
            if known is None or row.gone_at is not None:
                new.append(row)
            self._take(row, found, certificate, str(name) if name else "")
        lost = self._lost(rows, [*kept, *untouched])
        for row in lost:
            row.gone_at = self.now
        written = sorted([*kept, *lost], key=lambda row: row.pk)
        # Also whoever accepts one of them on a page waits here, and never the other way round.
        locked = Installation.objects.select_for_update().filter(pk__in=[row.pk for row in written])
        list(locked.order_by("pk").values_list("pk"))
        Installation.objects.bulk_update(written, KEPT, batch_size=200)
        Installation.objects.bulk_create(fresh)
        if self.report.complete:
            self._note_look()
        self._record("installation_found", new)
        self._record("installation_gone", lost)
        self.gone = {row.path for row in lost}

    def _note_look(self) -> None:
        MachineLook.objects.update_or_create(
            organisation=self.organisation,
            device_id=self.device.pk,
            machine=self.machine,
            defaults={"looked_at": self.now},
        )

    def _make(self, found: Found) -> Installation:
        return Installation(
            organisation=self.organisation,
            device_id=self.device.pk,
            machine=self.machine,
            path=found.path,
            first_seen_at=self.now,
        )

    def _take(self, row: Installation, found: Found, certificate: Certificate | None, name: str) -> None:
        """Write what was found into the row; a file that was not opened this time keeps what is known of it."""
        if row.gone_at is not None:
            row.accepted_at, row.accepted_by, row.accepted_reason = None, None, ""
        row.package = (found.package or row.package)[:100]
        row.last_seen_at, row.gone_at = self.now, None
        opened_before = (
            bool(row.fingerprint) and not found.fingerprint and row.file_digest == found.file_digest
        )
        row.file_digest = found.file_digest
        if opened_before:
            return
        if row.fingerprint != (found.fingerprint or "") or found.public_key_identifier:
            # A store that is known by its fingerprint was not opened this time: its key is still the one that was read.
            row.public_key_identifier = found.public_key_identifier or ""
        row.fingerprint = found.fingerprint or ""
        row.certificate = certificate
        row.name = name[:250]
        # The file's name tells an environment; a certificate that is known here tells the true one.
        row.environment = found.environment if certificate is None else certificate.environment
        row.not_after = None if found.not_after is None else within(found.not_after)
        row.estimated = not found.fingerprint and not found.public_key_identifier

    def _lost(self, rows: list[Installation], kept: list[Installation]) -> list[Installation]:
        """Return what is no longer there: files that hold something else now, or that a whole look did not find."""
        seen = {row.pk for row in kept}
        paths = {found.path for found in self.report.installations}
        return [
            row
            for row in rows
            if row.gone_at is None
            and row.pk not in seen
            and (row.path in paths or (self.report.complete and lies_under(row.path, self.report.folders)))
        ]

    def _record(self, action: str, rows: list[Installation]) -> None:
        for row in rows:
            record(
                self.organisation,
                action,
                row.certificate or row,
                actor=self.actor,
                now=self.now,
                machine=row.machine,
                path=row.path,
                fingerprint=row.fingerprint,
            )


def _known(rows: list[Installation], found: Found) -> Installation | None:
    """Return the row of a file: of the same certificate, or the same file opened at one time and not at another."""
    exact = [row for row in rows if row.fingerprint == (found.fingerprint or "")]
    closed = [row for row in rows if not row.fingerprint] if found.fingerprint else []
    same_file = [row for row in rows if row.gone_at is None and row.file_digest == found.file_digest]
    if not found.fingerprint:
        return next(iter(same_file), next(iter(exact), None))
    return next(iter(exact), next(iter(closed), None))
