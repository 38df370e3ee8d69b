"""Taking existing certificates into the inventory: upload, preview, take."""

import base64
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certificates.domain.files import read_file
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts, UnreadableCertificate, read_certificate
from certificates.errors import FileRefused
from certificates.models import Certificate, ImportBatch
from certificates.services.inventory import add_certificate
from certificates.services.nudges import nudge_status_sweep
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, validate
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
    fingerprints = [facts.fingerprint for _file, facts in read if facts]
    known = set(
        Certificate.objects.filter(
            organisation=batch.organisation_id, fingerprint__in=fingerprints
        ).values_list("fingerprint", flat=True)
    )
    authorities = [der for _file, der in entries if (facts := _facts(der)) and facts.is_authority]
    seen: Counter[str] = Counter()
    lines = []
    for index, (file, facts) in enumerate(read):
        if facts is None:
            lines.append(PreviewLine(str(index), file, "unreadable", problem=str(PROBLEMS["unreadable"])))
            continue
        outcome = _outcome(facts, known, seen, now)
        seen[facts.fingerprint] += 1
        environment, trusted = environment_of(facts, authorities)
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


def environment_of(facts: CertificateFacts, authorities: Sequence[bytes]) -> tuple[Environment, bool]:
    """Return the environment whose anchors the certificate leads to, and True; production and False when neither.

    Judged at a moment within the certificate's validity, so that expired ones find their environment too.
    """
    leaf = x509.load_der_x509_certificate(facts.der)
    others = [x509.load_der_x509_certificate(der) for der in authorities]
    middle = facts.not_before + (facts.not_after - facts.not_before) / 2
    for environment in Environment:
        anchors = certificate_anchors(environment)
        if (
            anchors
            and validate(leaf, others, anchors, check_revocation=False, moment=middle).trust is Trust.TRUSTED
        ):
            return environment, True
    # The acceptance authorities say so in their names; a name is a hint, not a proof.
    return (Environment.ACCEPTANCE if "accept" in facts.issuer.lower() else Environment.PRODUCTION), False


@transaction.atomic
def take(batch: ImportBatch, keys: Collection[str], *, actor: Actor, now: datetime) -> int:
    """Take the chosen lines into the inventory and forget the upload; returns how many were new."""
    taken = 0
    entries = _entries(batch)
    authorities = [base64.b64decode(entry["der"]) for entry in entries]
    authorities = [der for der in authorities if (facts := _facts(der)) and facts.is_authority]
    for line in preview(batch, now=now):
        if line.key not in keys or not line.takeable or line.facts is None:
            continue
        _certificate, new = add_certificate(
            batch.organisation,
            line.facts,
            environment=Environment(line.environment),
            chain=issuers_of(line.facts, [*authorities, *certificate_anchors(Environment(line.environment))]),
            chain_trusted=line.trusted,
            source="imported",
            actor=actor,
            now=now,
        )
        taken += new
    batch.delete()
    nudge_status_sweep()
    return taken


def issuers_of(facts: CertificateFacts, candidates: Sequence[bytes]) -> list[bytes]:
    """Return the issuers of a certificate among `candidates`, nearest first, without the root."""
    # Names are compared by their values: authorities write one text as PrintableString here and UTF8String there.
    by_subject: dict[x509.Name, x509.Certificate] = {}
    for der in candidates:
        candidate = x509.load_der_x509_certificate(der)
        by_subject[candidate.subject] = candidate
    chain: list[bytes] = []
    certificate = x509.load_der_x509_certificate(facts.der)
    while len(chain) < 5:
        issuer = by_subject.get(certificate.issuer)
        if issuer is None or issuer.issuer == issuer.subject:
            break
        chain.append(issuer.public_bytes(Encoding.DER))
        certificate = issuer
    return chain
