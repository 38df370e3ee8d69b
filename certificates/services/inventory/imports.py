"""Taking existing certificates into the inventory: upload, preview, take."""

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certificates.domain.files import read_file
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts, UnreadableCertificate, read_certificate
from certificates.errors.inventory import FilesTooLarge, TooManyCertificates, TooManyFiles
from certificates.models import Certificate, ImportBatch, Intake
from certificates.services.installations.match import match_waiting_installations
from certificates.services.inventory.add_certificates import Arrival, add_certificates
from certificates.services.inventory.chains import Chains
from certificates.services.signing.nudges import nudge_new_certificates
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, User
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor, record

MAX_FILES = 100
MAX_TOTAL_BYTES = 4 * 1024 * 1024
MAX_TOTAL_CERTIFICATES = 2000

REFUSED = frozenset({"unreadable", "ca_certificate"})
"""Outcomes of what can never be taken in."""

PROBLEMS = {
    "empty": _("This file is empty."),
    "too_large": _("This file is larger than any set of certificates."),
    "too_many": _("This file holds more certificates than can be taken in at once. Split it."),
    "private_key": _(
        "This file holds a private key. Keys never belong on this server: nothing of the key was kept. Export the "
        "certificate alone and upload that."
    ),
    "trust_store": _(
        "This is a trust store of Java: it holds the authorities that software trusts, no certificate of yours. Export "
        "the certificate that you mean (keytool -exportcert -rfc) and upload that."
    ),
    "unreadable": _("This file holds nothing that can be read as a certificate (PEM, DER or PKCS#7)."),
    "archive_damaged": _("This archive is damaged; nothing in it can be found."),
    "archive_too_many": _("This archive holds more files than are read from one. Split it."),
    "encrypted": _("This file is protected by a password in the archive. Pack it without one."),
    "nested": _("This is an archive in an archive. Unpack it first."),
    "outside": _("The name of this file leads out of the archive. It was not read."),
    "compression": _("This file is compressed in a way that is not read here. Use an ordinary zip."),
    "entry_damaged": _("This file is damaged in the archive."),
    "too_much": _(
        "The upload holds more than is read at once; what came after this file was not read. Split it."
    ),
    "nothing_found": _("There is no certificate in this file."),
}


@dataclass(frozen=True)
class PreviewLine:
    """What one certificate (or one unreadable file) is, and what would happen to it.

    `outcome`: new, expired (new, but over), already_known, duplicate (twice in this upload), ca_certificate,
    not_ehealth (of no eHealth name; may still be taken in), unreadable. `takeable` ones have a box to tick. `partly` is
    true where marks stand for what could not be read. National numbers in names are masked.
    """

    key: str
    file: str
    outcome: str
    name: str = ""
    holder_name: str = ""
    not_after: datetime | None = None
    partly: bool = False
    problem: str = ""
    environment: str = ""
    trusted: bool = False
    number: tuple[str, str] | None = None
    """Type and value of the organisation's number in an eHealth name."""

    @property
    def takeable(self) -> bool:
        """True when this line can be taken into the inventory."""
        return self.outcome in {"new", "expired", "not_ehealth"}

    @property
    def suggested(self) -> bool:
        """True when the box is ticked at first."""
        return self.outcome == "new"


def check_size(sizes: Sequence[int]) -> None:
    """Check number and sizes (bytes) of files before they are read. Raises FileRefused."""
    if len(sizes) > MAX_FILES:
        raise TooManyFiles(most=MAX_FILES)
    if sum(sizes) > MAX_TOTAL_BYTES:
        raise FilesTooLarge(megabytes=MAX_TOTAL_BYTES // (1024 * 1024))


def upload(
    organisation: Organisation, files: Sequence[tuple[str, bytes]], *, user: User, actor: Actor, now: datetime
) -> ImportBatch:
    """Keep the certificates of `files` (name, content) for a preview, each with what was found out about it.

    Everything that costs time is done here, once and outside the transaction: no page judges a certificate. Raises
    FileRefused when it is too much.
    """
    check_size([len(content) for _name, content in files])
    found: list[tuple[str, bytes]] = []
    findings: list[dict[str, str]] = []
    for given, content in files:
        # Key stores are named after their holder: SSIN=… and the time they were made.
        name = mask_ssins(given)[:200]
        read = read_file(content)
        found += [(name, der) for der in read.certificates]
        if read.problem:
            findings.append({"file": name, "code": read.problem})
    if len(found) > MAX_TOTAL_CERTIFICATES:
        raise TooManyCertificates(most=MAX_TOTAL_CERTIFICATES)
    kept = seal(json.dumps(_judged(found)).encode())
    with transaction.atomic():
        return ImportBatch.objects.create(
            organisation=organisation,
            uploaded_by=user,
            uploaded_at=now,
            sealed_certificates=kept,
            findings=findings,
        )


def _judged(found: Sequence[tuple[str, bytes]]) -> dict[str, list[Any]]:
    """Return what the batch keeps: each certificate with its verdict, and the issuers that the verdicts point at."""
    read = [(file, der, _facts(der)) for file, der in found]
    chains = Chains([der for _file, der, facts in read if facts is not None and facts.is_authority])
    issuers: dict[bytes, int] = {}
    entries: list[dict[str, Any]] = []
    for file, der, facts in read:
        entry: dict[str, Any] = {"file": file, "der": base64.b64encode(der).decode()}
        if facts is not None:
            judgement = chains.judge(facts)
            entry |= {
                "fingerprint": facts.fingerprint,
                "name": mask_ssins(facts.common_name),
                "holder_name": mask_ssins(facts.holder_name),
                "not_after": facts.not_after.isoformat(),
                "partly": bool(facts.unread),
                "kind": "ca_certificate" if facts.is_authority else "" if facts.is_ehealth else "not_ehealth",
                "number": [facts.identifier_type, facts.identifier_value]
                if facts.is_ehealth and not facts.is_personal
                else None,
                "environment": judgement.environment.value,
                "trusted": judgement.trusted,
                "chain": [issuers.setdefault(issuer, len(issuers)) for issuer in judgement.chain],
            }
        entries.append(entry)
    return {"issuers": [base64.b64encode(der).decode() for der in issuers], "entries": entries}


def preview(batch: ImportBatch, *, now: datetime) -> list[PreviewLine]:
    """Return one line a certificate and one an unreadable file, out of what the upload has found out."""
    return _lines(batch, _kept(batch)["entries"], now)


def _lines(batch: ImportBatch, entries: Sequence[dict[str, Any]], now: datetime) -> list[PreviewLine]:
    fingerprints = [entry["fingerprint"] for entry in entries if "fingerprint" in entry]
    known = set(
        Certificate.objects.filter(
            organisation=batch.organisation_id, fingerprint__in=fingerprints
        ).values_list("fingerprint", flat=True)
    )
    seen: set[str] = set()
    lines = []
    for index, entry in enumerate(entries):
        if "fingerprint" not in entry:
            problem = str(PROBLEMS["unreadable"])
            lines.append(PreviewLine(str(index), entry["file"], "unreadable", problem=problem))
            continue
        not_after = datetime.fromisoformat(entry["not_after"])
        lines.append(
            PreviewLine(
                str(index),
                entry["file"],
                _outcome(entry, known, seen, over=not_after <= now),
                name=entry["name"],
                holder_name=entry["holder_name"],
                not_after=not_after,
                partly=entry["partly"],
                environment=entry["environment"],
                trusted=entry["trusted"],
                number=tuple(entry["number"]) if entry.get("number") else None,
            )
        )
        seen.add(entry["fingerprint"])
    for number, finding in enumerate(batch.findings):
        problem = str(PROBLEMS[finding["code"]])
        lines.append(PreviewLine(f"file-{number}", finding["file"], "unreadable", problem=problem))
    return lines


def _kept(batch: ImportBatch) -> dict[str, list[Any]]:
    kept: dict[str, list[Any]] = json.loads(unseal(batch.sealed_certificates))
    return kept


def _facts(der: bytes) -> CertificateFacts | None:
    try:
        return read_certificate(der)
    except UnreadableCertificate:
        return None


def _outcome(entry: dict[str, Any], known: set[str], seen: set[str], *, over: bool) -> str:
    if entry["kind"] == "ca_certificate":
        return "ca_certificate"
    if entry["fingerprint"] in seen:
        return "duplicate"
    if entry["fingerprint"] in known:
        return "already_known"
    return entry["kind"] or ("expired" if over else "new")


@transaction.atomic
def take(batch: ImportBatch, keys: Collection[str], *, actor: Actor, now: datetime) -> Intake:
    """Take the chosen lines into the inventory and forget the upload; returns what the history tells of it."""
    kept = _kept(batch)
    issuers = [base64.b64decode(der) for der in kept["issuers"]]
    lines = _lines(batch, kept["entries"], now)
    chosen = [(kept["entries"][int(line.key)], line) for line in lines if line.key in keys and line.takeable]
    # In one order for everybody: of two uploads with the same certificates the later one waits for the earlier.
    chosen.sort(key=lambda one: str(one[0]["fingerprint"]))
    intake = Intake(organisation=batch.organisation, taken_at=now)
    added = add_certificates(
        batch.organisation_id,
        (
            Arrival(
                read_certificate(base64.b64decode(entry["der"])),
                Environment(line.environment),
                [issuers[number] for number in entry["chain"]],
                line.trusted,
            )
            for entry, line in chosen
        ),
        source="imported",
        taken_in_with=intake.pk,
        actor=actor,
        now=now,
    )
    intake.new = added.new
    intake.known = added.known + sum(line.outcome == "already_known" for line in lines)
    intake.refused = sum(line.outcome in REFUSED for line in lines)
    intake.save(force_insert=True)
    note_intake(intake, actor=actor, now=now)
    batch.delete()
    match_waiting_installations(batch.organisation)
    nudge_new_certificates()
    return intake


def note_intake(intake: Intake, *, actor: Actor, now: datetime) -> None:
    """Write the one line that the history has of an import, in the transaction in which it ends."""
    record(
        intake.organisation_id,
        "certificates_imported",
        intake,
        actor=actor,
        now=now,
        new=intake.new,
        known=intake.known,
        refused=intake.refused,
    )
