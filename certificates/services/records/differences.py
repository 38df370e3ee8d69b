"""What the government says of a certificate that stands here, beside what stands here.

What is only the government's word about its own certificate (its two statuses, the day from which it may be replaced)
is written down as it comes, with the date; nothing of ours is lost by it. That it is revoked is the evidence for which
a revocation of ours may be waiting. What contradicts something that was told here by people or found out from other
sources is proposed, and a person decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from certificates.certra.facts import AuthenticationCertificateStatus, CertificateInfo, EtkStatus
from certificates.domain.revocation import Witness
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate
from certificates.models.request import CONTACT_FIELDS
from certificates.services.records.scope import serial_told
from certificates.services.status.note_revoked import awaits_evidence, is_proven, note_revoked
from certificates.services.tokens.activate import note_active
from organisations.domain.identifiers import mask_ssins
from organisations.services.audit import Actor, record

SERVICES = "base_service_usages"


@dataclass(frozen=True)
class Difference:
    """One field of which two things are said. `acceptable` is False where there is nothing to take over."""

    field: str
    here: object
    government: object
    acceptable: bool = True


def word_of(status: str) -> str:
    """Return a word of the government as it fits its column."""
    return status[:20]


def contact_of(info: CertificateInfo) -> dict[str, object]:
    """Return contact data and services in the form that `Certificate.contact_data` keeps."""
    told = info.contact_data.to_json()
    return {name: mask_ssins(str(told[name] or "")) for name in CONTACT_FIELDS} | {
        SERVICES: sorted(info.base_service_usages)
    }


def known_contact(certificate: Certificate) -> dict[str, object] | None:
    """Return what is known here: what was taken over before, else what the request said; None when neither."""
    if certificate.contact_data is not None:
        kept: dict[str, object] = certificate.contact_data
        return {name: kept.get(name) or "" for name in CONTACT_FIELDS} | {
            SERVICES: _services(kept.get(SERVICES))
        }
    request = getattr(certificate, "request", None)
    if request is None:
        return None
    return {name: getattr(request, name) for name in CONTACT_FIELDS} | {
        SERVICES: _services(request.base_service_usages)
    }


def _services(value: object) -> list[str]:
    return sorted(str(one) for one in value) if isinstance(value, list) else []


def local_value(certificate: Certificate, field: str) -> object:
    """Return our own value of a field that the government told otherwise; None where we have none."""
    match field:
        case "status":
            return str(certificate.revocation_status)
        case "replaceable_from":
            known = certificate.replaceable_from
            return known.isoformat() if known else None
        case "contact_data":
            here = known_contact(certificate)
            return None if here is None else {name: here[name] for name in CONTACT_FIELDS}
        case "services":
            return (known_contact(certificate) or {}).get(SERVICES)
    return None


def differences(certificate: Certificate, info: CertificateInfo) -> Iterator[Difference]:
    """Yield what the government says otherwise, or what was not known here."""
    yield from _status(certificate, info)
    told = contact_of(info)
    contact, services = local_value(certificate, "contact_data"), local_value(certificate, "services")
    told_contact = {name: told[name] for name in CONTACT_FIELDS}
    if told_contact != contact:
        yield Difference("contact_data", contact, told_contact)
    if told[SERVICES] != (services or []):
        yield Difference("services", services, told[SERVICES])
    opens, known = info.replacement_period_start, certificate.replaceable_from
    if opens is not None and known is not None and opens != known:
        yield Difference("replaceable_from", known.isoformat(), opens.isoformat())
    details = info.details
    if details is not None and details.valid_not_after != certificate.not_after:
        yield Difference(
            "end",
            certificate.not_after.isoformat(),
            details.valid_not_after.isoformat(),
            acceptable=False,
        )


def _status(certificate: Certificate, info: CertificateInfo) -> Iterator[Difference]:
    status, here = info.status, certificate.revocation_status
    if not status.is_known:
        yield Difference("status", certificate.government_status, word_of(str(status)), acceptable=False)
    elif (status is AuthenticationCertificateStatus.REVOKED) != (here == RevocationStatus.REVOKED):
        alive = status is AuthenticationCertificateStatus.VALID_ACTIVE
        if status is AuthenticationCertificateStatus.REVOKED or alive:
            # What was proven from outside is shown beside the government's word, and stays.
            yield Difference("status", str(here), str(status), not (alive and is_proven(certificate)))
    if not info.etk_status.is_known:
        yield Difference(
            "token_status", certificate.government_token_status, word_of(str(info.etk_status)), False
        )


def _is_evidence(certificate: Certificate, info: CertificateInfo) -> bool:
    """Return whether it ends a revocation signed here: revoked, and this very certificate, not another of its key."""
    if info.status is not AuthenticationCertificateStatus.REVOKED:
        return False
    return serial_told(info) in (None, certificate.serial_number) and awaits_evidence(certificate)


def write_government_word(
    certificate: Certificate, info: CertificateInfo, *, actor: Actor, now: datetime
) -> list[Difference]:
    """Write down what is only the government's word, and return what is left for a person to decide.

    The day of replacement is written only where none was known. One line in the record when it says something new.
    What it says of a revocation or of a token that waits here counts: it was revoked as we asked, or other software
    activated the token. Call in a transaction.
    """
    if _is_evidence(certificate, info):
        note_revoked(certificate, Witness.CERTIFICATE_INFO, actor=actor, now=now)
    left = list(differences(certificate, info))
    opens = certificate.replaceable_from or info.replacement_period_start
    told = {
        "government_status": word_of(str(info.status)),
        "government_token_status": word_of(str(info.etk_status)),
        "replaceable_from": opens,
    }
    changed = any(getattr(certificate, name) != value for name, value in told.items())
    Certificate.objects.filter(pk=certificate.pk).update(**told, government_asked_at=now)
    for name, value in told.items():
        setattr(certificate, name, value)
    if changed:
        record(
            certificate.organisation_id,
            "government_told",
            certificate,
            actor=actor,
            now=now,
            government_status=told["government_status"],
            government_token_status=told["government_token_status"],
            replaceable_from=opens.isoformat() if opens else None,
        )
    if info.etk_status is EtkStatus.VALID_ACTIVE:
        note_active(certificate, actor=actor, now=now)
    return left
