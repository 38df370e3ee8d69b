"""Taking existing certificates into the inventory: upload, preview, take."""

import base64
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certificates.domain.files import read_file
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts, UnreadableCertificate, read_certificate
from certificates.errors.inventory import FileRefused
from certificates.models import Certificate, ImportBatch
from certificates.services.installations.match import match_waiting_installations
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.inventory.chains import Chains
from certificates.services.signing.nudges import nudge_status_sweep
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, User
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor

MAX_FILES = 100
MAX_TOTAL_BYTES = 4 * 1024 * 1024
MAX_TOTAL_CERTIFICATES = 2000
BATCH_LIFETIME = timedelta(days=1)

PROBLEMS = {
    "empty": _("This file is empty."),
    "too_large": _("This file is larger than any set of certificates."),
    "too_many": _("This file holds more certificates than can be taken in at once. Split it."),
    "private_key": _(
        "This file holds a private key. Keys never belong on this server: nothing of the key was kept. Export the "
        "certificate alone and upload that."
    ),
    "unreadable": _("This file holds nothing that can be read as a certificate (PEM, DER or PKCS#7)."),
    "nothing_found": _("There is no certificate in this file."),
}


@dataclass(frozen=True)
class PreviewLine:
    """What one certificate (or one unreadable file) is, and what would happen to it.

    `outcome`: new, expired (new, but over), already_known, duplicate (twice in this upload), ca_certificate,
    not_ehealth (of no eHealth name; may still be taken in), unreadable. `takeable` ones have a box to tick.
    """

    key: str
    file: str
    outcome: str
    facts: CertificateFacts | None = None
    problem: str = ""
    environment: str = ""
    trusted: bool = False

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
    if len(sizes) > MAX_FILES or sum(sizes) > MAX_TOTAL_BYTES:
        raise FileRefused(field="files")


@transaction.atomic
def upload(
    organisation: Organisation, files: Sequence[tuple[str, bytes]], *, user: User, actor: Actor, now: datetime
) -> ImportBatch:
    """Keep the certificates of `files` (name, content) for a preview. Raises FileRefused when it is too much."""
    check_size([len(content) for _name, content in files])
    ImportBatch.objects.filter(uploaded_at__lt=now - BATCH_LIFETIME).delete()
    found: list[dict[str, str]] = []
    findings: list[dict[str, str]] = []
    for given, content in files:
        # Key stores are named after their holder: SSIN=… and the time they were made.
        name = mask_ssins(given)[:200]
        read = read_file(content)
        found += [{"file": name, "der": base64.b64encode(der).decode()} for der in read.certificates]
        if read.problem:
            findings.append({"file": name, "code": read.problem})
    if len(found) > MAX_TOTAL_CERTIFICATES:
        raise FileRefused(field="files")
    return ImportBatch.objects.create(
        organisation=organisation,
        uploaded_by=user,
        uploaded_at=now,
        sealed_certificates=seal(json.dumps(found).encode()),
        findings=findings,
    )


def preview(batch: ImportBatch, *, now: datetime) -> list[PreviewLine]:
    """Return one line a certificate and one an unreadable file."""
    entries = [(entry["file"], base64.b64decode(entry["der"])) for entry in _entries(batch)]
    read = [(file, _facts(der)) for file, der in entries]
    chains = _chains(read)
    fingerprints = [facts.fingerprint for _file, facts in read if facts]
    known = set(
        Certificate.objects.filter(
            organisation=batch.organisation_id, fingerprint__in=fingerprints
        ).values_list("fingerprint", flat=True)
    )
    seen: Counter[str] = Counter()
    lines = []
    for index, (file, facts) in enumerate(read):
        if facts is None:
            lines.append(PreviewLine(str(index), file, "unreadable", problem=str(PROBLEMS["unreadable"])))
            continue
        outcome = _outcome(facts, known, seen, now)
        seen[facts.fingerprint] += 1
        environment, trusted = chains.environment_of(facts)
        lines.append(PreviewLine(str(index), file, outcome, facts, "", environment.value, trusted))
    for number, finding in enumerate(batch.findings):
        problem = str(PROBLEMS[finding["code"]])
        lines.append(PreviewLine(f"file-{number}", finding["file"], "unreadable", problem=problem))
    return lines


def _entries(batch: ImportBatch) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads(unseal(batch.sealed_certificates))
    return entries


def _facts(der: bytes) -> CertificateFacts | None:
    try:
        return read_certificate(der)
    except UnreadableCertificate:
        return None


def _chains(read: Sequence[tuple[str, CertificateFacts | None]]) -> Chains:
    return Chains([facts.der for _file, facts in read if facts is not None and facts.is_authority])


def _outcome(facts: CertificateFacts, known: set[str], seen: Counter[str], now: datetime) -> str:
    if facts.is_authority:
        return "ca_certificate"
    if seen[facts.fingerprint]:
        return "duplicate"
    if facts.fingerprint in known:
        return "already_known"
    if not facts.is_ehealth:
        return "not_ehealth"
    return "expired" if facts.not_after <= now else "new"


@transaction.atomic
def take(batch: ImportBatch, keys: Collection[str], *, actor: Actor, now: datetime) -> int:
    """Take the chosen lines into the inventory and forget the upload; returns how many were new."""
    taken = 0
    lines = preview(batch, now=now)
    chains = _chains([(line.file, line.facts) for line in lines])
    for line in lines:
        if line.key not in keys or not line.takeable or line.facts is None:
            continue
        _certificate, new = add_certificate(
            batch.organisation,
            line.facts,
            environment=Environment(line.environment),
            chain=chains.issuers_of(line.facts, Environment(line.environment)),
            chain_trusted=line.trusted,
            source="imported",
            actor=actor,
            now=now,
        )
        taken += new
    batch.delete()
    match_waiting_installations(batch.organisation)
    nudge_status_sweep()
    return taken
