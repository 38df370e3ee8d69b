"""Inquiries into the government's records as rows: the pages are what is tested, not how rows come about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from certificates.models import RecordProposal, RecordsInquiry
from certificates.models.records import InquiryState, ProposalKind
from certificates.services.records.fetch_certificates import sealed
from organisations.tenancy import acting_for
from tests.certificates.samples import der, ehealth
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital
from tests.support.questions import ask

CONTACT = {
    "email_private": "an@maasdal.example",
    "email_general": "",
    "phone_private": "+32 11 22 33 44",
    "phone_general": "",
    "base_service_usages": ["tsa", "brandnew"],
}


def answered(hospital: Hospital, *, certificates: int = 1, taken_back: bool = False) -> RecordsInquiry:
    """An answered inquiry with proposals of every kind, as rows; with `taken_back` also of revocations taken back."""
    inquiry = ask(hospital)
    old = {"email_private": "oud@maasdal.example"}
    shelved = shelve(hospital.organisation, "KNOWN", 300, contact_data=old)
    now = datetime.now(UTC)
    rows: list[tuple[ProposalKind, str, dict[str, Any]]] = [
        (
            ProposalKind.NEW_MANDATE,
            "NIHII-HOSPITAL=71000436",
            {"type": "NIHII-HOSPITAL", "value": "71000436", "name": "AZ Maasdal", "number_is_new": True},
        ),
        (
            ProposalKind.MANDATE_GONE,
            "CBE=0406798006",
            {
                "type": "CBE",
                "value": "0406798006",
                "mandate": str(hospital.mandate.pk),
                "since": "2020-01-01",
            },
        ),
    ]
    for index in range(certificates):
        facts = {
            "name": f"CBE=0406798006, NEW{index}",
            "holder_name": "AZ SINT-ELISABETH MAASDAL",
            "type": "CBE",
            "value": "0406798006",
            "application_id": f"NEW{index}",
            "requested_at": "2024-01-01T10:00:00+00:00",
            "not_before": "2024-01-01T10:00:00+00:00",
            "not_after": "2027-01-01T10:00:00+00:00",
            "fingerprint": "ab" * 32,
            "status": "VALID_ACTIVE" if index else "SUSPENDED",
            "token_status": "NOT_REQUESTED",
            "replaceable_from": "2026-10-01T10:00:00+00:00",
            "contact_data": CONTACT,
            "problem": "",
            "acceptable": True,
            "same_key_ends": "",
        }
        rows.append((ProposalKind.NEW_CERTIFICATE, f"{index:040x}", facts))
    difference = {
        "field": "contact_data",
        "here": old,
        "government": {"email_private": "nieuw@maasdal.example", "phone_private": "+32 11 00 00 00"},
        "acceptable": True,
        "name": shelved.common_name,
    }
    rows.append((ProposalKind.DIFFERENCE, f"{shelved.public_key_identifier}:contact_data", difference))
    for acceptable in (True, False) if taken_back else ():
        back = {"field": "status", "here": "revoked", "government": "VALID_ACTIVE", "acceptable": acceptable}
        key = f"{shelved.public_key_identifier}:status{acceptable}"
        rows.append((ProposalKind.DIFFERENCE, key, back | {"name": shelved.common_name}))
    with acting_for([hospital.organisation.pk], as_platform=True):
        RecordsInquiry.objects.filter(pk=inquiry.pk).update(state=InquiryState.ANSWERED, answered_at=now)
        inquiry.job.delete()
        for index, (kind, key, facts) in enumerate(rows):
            RecordProposal.objects.create(
                organisation=hospital.organisation,
                inquiry=inquiry,
                kind=kind,
                key=key,
                facts=facts,
                made_at=now + timedelta(microseconds=index),
                certificate=shelved if kind is ProposalKind.DIFFERENCE else None,
                sealed_certificates=sealed([der(ehealth(application_id=str(facts["application_id"])))])
                if kind is ProposalKind.NEW_CERTIFICATE
                else None,
            )
        return RecordsInquiry.objects.get(pk=inquiry.pk)
