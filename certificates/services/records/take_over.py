"""Taking over what the government's record says of a certificate: what is newer here, and what was proven, stays.

A decision may come weeks after the government was asked. Meanwhile the certificate may have been imported, somebody may
have changed what stands here, and OCSP or the CRL may have told more.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import Witness
from certificates.domain.validity import RevocationStatus
from certificates.domain.x509 import read_certificate
from certificates.errors.records import ProposalRefused
from certificates.models import Certificate, RecordProposal
from certificates.models.request import CONTACT_FIELDS
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.records.differences import SERVICES, known_contact, local_value
from certificates.services.records.fetch_certificates import unsealed
from certificates.services.signing.nudges import nudge_status_check
from certificates.services.status.note_revoked import is_proven, note_revoked
from organisations.services.audit import Actor

REVOKED_FOR_GOOD = _(
    "It was shown from outside that this certificate is revoked, and a revoked certificate never becomes valid again. "
    "Tell the eHealth contact centre."
)


def take_over_certificate(proposal: RecordProposal, *, actor: Actor, now: datetime) -> Certificate:
    """Put a new certificate into the inventory with what was told of it; of one that came meanwhile, fill in the rest.

    Raises ProposalRefused when nothing was fetched.
    """
    if proposal.sealed_certificates is None:
        raise ProposalRefused
    leaf, *issuers = unsealed(proposal.sealed_certificates)
    certificate, new = add_certificate(
        proposal.organisation,
        read_certificate(leaf),
        environment=Environment(proposal.inquiry.environment),
        chain=issuers,
        chain_trusted=True,
        source="recorded",
        actor=actor,
        now=now,
    )
    told = _told(proposal)
    if not new:
        certificate = _locked(certificate)
        told = _only_newer(certificate, told)
    Certificate.objects.filter(pk=certificate.pk).update(**told)
    if proposal.facts["status"] == "REVOKED":
        note_revoked(certificate, Witness.CERTIFICATE_INFO, actor=actor, now=now)
    return certificate


def _told(proposal: RecordProposal) -> dict[str, Any]:
    facts = proposal.facts
    opens = facts["replaceable_from"]
    return {
        "government_status": facts["status"],
        "government_token_status": facts["token_status"],
        "government_asked_at": proposal.inquiry.answered_at,
        "replaceable_from": datetime.fromisoformat(opens) if opens else None,
        "contact_data": facts["contact_data"],
    }


def _only_newer(certificate: Certificate, told: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `told` that are unknown here, or known only from before the government was asked."""
    known, asked = set(), certificate.government_asked_at
    if asked is not None and asked >= told["government_asked_at"]:
        known |= {"government_status", "government_token_status", "government_asked_at"}
    if certificate.replaceable_from is not None:
        known.add("replaceable_from")
    if known_contact(certificate) is not None:
        known.add("contact_data")
    return {name: value for name, value in told.items() if name not in known}


def take_over_difference(proposal: RecordProposal, *, actor: Actor, now: datetime) -> None:
    """Write the government's side down, unless it came to stand here by itself.

    Raises ProposalRefused where something else stands here by now than when the government was asked, and where it
    would take back a revocation that was proven.
    """
    if proposal.certificate is None:
        raise ProposalRefused
    certificate, facts = _locked(proposal.certificate), proposal.facts
    field, told = facts["field"], facts["government"]
    here = _plain(field, local_value(certificate, field))
    if here == _plain(field, told):
        return
    if here != _plain(field, facts["here"]):
        raise ProposalRefused(_("This was changed here meanwhile. Ask the government once more."))
    rows = Certificate.objects.filter(pk=certificate.pk)
    match field:
        case "contact_data":
            rows.update(
                contact_data=_merged(certificate, {name: told.get(name) or "" for name in CONTACT_FIELDS})
            )
        case "services":
            rows.update(contact_data=_merged(certificate, {SERVICES: list(told)}))
        case "replaceable_from":
            rows.update(replaceable_from=datetime.fromisoformat(told))
        case "status" if told == "REVOKED":
            note_revoked(certificate, Witness.CERTIFICATE_INFO, actor=actor, now=now)
            nudge_status_check(certificate, now=now)
        case "status":
            if is_proven(certificate):
                raise ProposalRefused(REVOKED_FOR_GOOD)
            rows.update(revocation_status=RevocationStatus.UNKNOWN, revocation_reason="")
            nudge_status_check(certificate, now=now)
        case _:
            raise ProposalRefused


def _locked(certificate: Certificate) -> Certificate:
    """Return the row as it is at this moment; nobody changes it before the decision is written."""
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("request")
    return rows.get(pk=certificate.pk)


def _plain(field: str, value: Any) -> Any:
    """Return what is compared: nothing known and nothing filled in are the same, and revoked or not is what counts."""
    match field:
        case "status":
            return str(value).lower() == RevocationStatus.REVOKED
        case "replaceable_from":
            return datetime.fromisoformat(value) if value else None
        case "contact_data":
            return {name: text for name, text in (value or {}).items() if text}
    return value or []


def _merged(certificate: Certificate, told: dict[str, Any]) -> dict[str, Any]:
    return {**(known_contact(certificate) or {}), **told}
