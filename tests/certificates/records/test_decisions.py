"""Deciding about the government's proposals: what a decision ends, what it never takes back, what is newer here."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from certificates.domain.revocation import RevocationState, Witness
from certificates.domain.tokens import TokenState
from certificates.domain.x509 import read_certificate
from certificates.models import AgentJob, Certificate, EncryptionToken, RecordProposal, RecordsInquiry
from certificates.models.job import JobKind, JobState
from certificates.models.records import InquiryState, ProposalKind, ProposalState
from certificates.selectors.records import inquiry_counts
from certificates.services.records.decide import Decided, accept
from certificates.services.records.fetch_certificates import sealed
from certificates.services.status.note_revoked import note_revoked
from certificates.services.tokens.activate import ask_for
from organisations.access import Tenancy
from organisations.domain.roles import Role
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.samples import der, ehealth
from tests.certificates.web.records.shelf import CONTACT
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import shelve
from tests.support.hospital import PLATFORM, Hospital
from tests.support.questions import ask

FIELDS = ("email_private", "email_general", "phone_private", "phone_general")
OLD = {name: CONTACT[name] for name in FIELDS}
NEW = OLD | {"email_private": "nieuw@maasdal.example"}
DAY, LATER = "2027-01-01T00:00:00+00:00", "2027-02-02T00:00:00+00:00"


@pytest.fixture
def inquiry(hospital: Hospital) -> RecordsInquiry:
    """An answered inquiry without proposals."""
    made = ask(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        made.state, made.answered_at = InquiryState.ANSWERED, datetime.now(UTC)
        made.save(update_fields=["state", "answered_at"])
    return made


def difference(
    inquiry: RecordsInquiry, certificate: Certificate, field: str, here: Any, government: Any
) -> RecordProposal:
    facts = {"field": field, "here": here, "government": government, "acceptable": True, "name": "X"}
    with acting_for([inquiry.organisation_id], as_platform=True):
        return RecordProposal.objects.create(
            organisation=inquiry.organisation,
            inquiry=inquiry,
            kind=ProposalKind.DIFFERENCE,
            key=f"{certificate.public_key_identifier}:{field}",
            certificate=certificate,
            facts=facts,
        )


def new_certificate(
    inquiry: RecordsInquiry, content: bytes, number: int = 0, **changes: Any
) -> RecordProposal:
    facts = {
        "name": f"NEW{number}",
        "status": "VALID_ACTIVE",
        "token_status": "NOT_REQUESTED",
        "replaceable_from": DAY,
        "contact_data": CONTACT,
    } | changes
    with acting_for([inquiry.organisation_id], as_platform=True):
        return RecordProposal.objects.create(
            organisation=inquiry.organisation,
            inquiry=inquiry,
            kind=ProposalKind.NEW_CERTIFICATE,
            key=f"{number:040x}",
            facts=facts,
            sealed_certificates=sealed([content]),
        )


def tenancy_of(hospital: Hospital) -> Tenancy:
    return Tenancy(hospital.administrator, hospital.organisation, frozenset({Role.ADMINISTRATOR}))


def decide(hospital: Hospital, inquiry: RecordsInquiry, *which: RecordProposal) -> Decided:
    """Take over these, or all that can be."""
    keys = {one.pk for one in which} or None
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        return accept(inquiry, keys, tenancy=tenancy_of(hospital), now=datetime.now(UTC))


def reread(row: Any) -> Any:
    with acting_for([row.organisation_id], as_platform=True):
        return type(row).objects.get(pk=row.pk)


def change(certificate: Certificate, **values: Any) -> None:
    with acting_for([certificate.organisation_id], as_platform=True):
        Certificate.objects.filter(pk=certificate.pk).update(**values)


def sentence(decided: Decided) -> str:
    [(_about, error)] = decided.refused
    with translation.override("en"):
        return str(error.detail)


# --- revoked, whoever tells it


def test_taking_over_that_it_is_revoked_ends_what_lived_by_it(
    hospital: Hospital, inquiry: RecordsInquiry
) -> None:
    certificate = shelve(hospital.organisation, "DEAD", 300)
    with acting_for([hospital.organisation.pk], as_platform=True):
        now = datetime.now(UTC)
        token = EncryptionToken.objects.create(
            organisation=hospital.organisation,
            certificate=certificate,
            state=TokenState.ACTIVE,
            state_since=now,
            serial="1234",
        )
        job = ask_for(token, JobKind.CHECK_TOKEN, holder=hospital.holder, actor=PLATFORM, now=now)
    unsigned = revoke(hospital, RevocationState.AWAITING_SIGNATURE, certificate)
    proposal = difference(inquiry, certificate, "status", "good", "REVOKED")
    assert decide(hospital, inquiry, proposal) == Decided(1)
    certificate = reread(certificate)
    assert (certificate.revocation_status, certificate.revoked_at) == ("revoked", None)
    assert reread(unsigned).state == RevocationState.CANCELLED
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AgentJob.objects.get(pk=job.pk).state == JobState.CLOSED
        events = AuditEvent.objects.filter(subject_id=certificate.pk)
        found = events.get(action="certificate_found_revoked")
        assert events.filter(action="token_revoked").exists()
    assert (found.actor_name, found.details["source"]) == ("Els Wouters", "certificate_info")


def test_a_new_certificate_may_come_revoked(hospital: Hospital, inquiry: RecordsInquiry) -> None:
    content = der(ehealth(application_id="NEW"))
    assert decide(hospital, inquiry, new_certificate(inquiry, content, status="REVOKED")) == Decided(1)
    with acting_for([hospital.organisation.pk], as_platform=True):
        certificate = Certificate.objects.get(source="recorded")
        actions = set(AuditEvent.objects.filter(subject_id=certificate.pk).values_list("action", flat=True))
    assert (certificate.revocation_status, certificate.government_status) == ("revoked", "REVOKED")
    assert actions == {"certificate_recorded", "certificate_found_revoked", "proposal_accepted"}


# --- nothing takes a revocation back


@pytest.mark.parametrize("proof", ["ocsp", "completed revocation"])
def test_what_was_proven_is_not_taken_back(hospital: Hospital, inquiry: RecordsInquiry, proof: str) -> None:
    certificate = shelve(hospital.organisation, "DEAD", 300, revocation_status="revoked")
    if proof == "ocsp":
        change(certificate, revoked_at=datetime.now(UTC))
    else:
        revoke(hospital, RevocationState.COMPLETED, certificate)
    proposal = difference(inquiry, certificate, "status", "revoked", "VALID_ACTIVE")
    assert decide(hospital, inquiry) == Decided(0), "not with all the others"
    assert "never becomes valid again" in sentence(decide(hospital, inquiry, proposal))
    assert reread(certificate).revocation_status == "revoked"
    assert reread(proposal).state == ProposalState.OPEN


def test_the_record_may_change_its_own_mind_where_somebody_chooses_that(
    hospital: Hospital, inquiry: RecordsInquiry
) -> None:
    certificate = shelve(hospital.organisation, "TOLD", 300)
    with acting_for([hospital.organisation.pk], as_platform=True):
        note_revoked(certificate, Witness.CERTIFICATE_INFO, now=datetime.now(UTC))
    proposal = difference(inquiry, certificate, "status", "revoked", "VALID_ACTIVE")
    with acting_for([hospital.organisation.pk], as_platform=True):
        counts = inquiry_counts(inquiry, tenancy_of(hospital))
    assert (counts.open, counts.decidable, counts.takeable) == (1, 1, 0)
    assert decide(hospital, inquiry) == Decided(0)
    assert reread(certificate).revocation_status == "revoked"
    assert decide(hospital, inquiry, proposal) == Decided(1)
    assert reread(certificate).revocation_status == "unknown", "OCSP is asked anew"


# --- what is newer here


@pytest.mark.parametrize(
    ("field", "here", "government", "meanwhile"),
    [
        ("contact_data", OLD, NEW, {"contact_data": CONTACT | {"phone_private": "+32 11 99 99 99"}}),
        ("contact_data", None, NEW, {"contact_data": CONTACT}),
        ("services", ["brandnew", "tsa"], ["other"], {"contact_data": {"base_service_usages": ["codage"]}}),
        ("services", None, ["other"], {"contact_data": {"base_service_usages": ["codage"]}}),
        ("replaceable_from", DAY, LATER, {"replaceable_from": datetime(2027, 3, 3, tzinfo=UTC)}),
        ("status", "revoked", "VALID_ACTIVE", {"revoked_at": datetime(2026, 3, 3, tzinfo=UTC)}),
    ],
)
def test_what_was_changed_here_meanwhile_stays(
    hospital: Hospital,
    inquiry: RecordsInquiry,
    field: str,
    here: Any,
    government: Any,
    meanwhile: dict[str, Any],
) -> None:
    before: dict[str, Any] = {
        "contact_data": CONTACT if here else None,
        "replaceable_from": datetime.fromisoformat(DAY),
        "revocation_status": "revoked" if here == "revoked" else "good",
    }
    certificate = shelve(hospital.organisation, "CHANGED", 300, **before)
    proposal = difference(inquiry, certificate, field, here, government)
    change(certificate, **meanwhile)
    newer = reread(certificate)
    [(_about, _error)] = decide(hospital, inquiry, proposal).refused
    after = reread(certificate)
    for name in ("contact_data", "replaceable_from", "revocation_status", "revoked_at"):
        assert getattr(after, name) == getattr(newer, name)
    assert reread(proposal).state == ProposalState.OPEN


def test_what_is_stale_says_what_to_do(hospital: Hospital, inquiry: RecordsInquiry) -> None:
    certificate = shelve(hospital.organisation, "CHANGED", 300, contact_data=CONTACT)
    proposal = difference(inquiry, certificate, "contact_data", OLD, NEW)
    change(certificate, contact_data=CONTACT | {"email_general": "ict@maasdal.example"})
    assert "Ask the government once more" in sentence(decide(hospital, inquiry, proposal))


def test_two_fields_of_one_certificate_are_not_stale_by_each_other(
    hospital: Hospital, inquiry: RecordsInquiry
) -> None:
    certificate = shelve(hospital.organisation, "BOTH", 300)
    difference(inquiry, certificate, "services", None, ["other"])
    difference(inquiry, certificate, "contact_data", None, NEW)
    assert decide(hospital, inquiry) == Decided(2)
    assert reread(certificate).contact_data == NEW | {"base_service_usages": ["other"]}


def test_what_came_to_stand_here_meanwhile_is_settled(hospital: Hospital, inquiry: RecordsInquiry) -> None:
    """OCSP was faster."""
    certificate = shelve(hospital.organisation, "DEAD", 300)
    difference(inquiry, certificate, "status", "good", "REVOKED")
    since = datetime(2026, 3, 3, tzinfo=UTC)
    change(certificate, revocation_status="revoked", revoked_at=since)
    assert decide(hospital, inquiry) == Decided(1)
    assert reread(certificate).revoked_at == since


def test_a_certificate_that_was_imported_meanwhile_keeps_what_is_known_of_it(
    hospital: Hospital, inquiry: RecordsInquiry
) -> None:
    content = der(ehealth(application_id="NEW"))
    proposal = new_certificate(inquiry, content)
    facts = read_certificate(content)
    asked = datetime.now(UTC) + timedelta(minutes=1)
    known: dict[str, Any] = {
        "fingerprint": facts.fingerprint,
        "public_key_identifier": facts.public_key_identifier,
        "contact_data": CONTACT | {"phone_private": "+32 11 99 99 99"},
        "replaceable_from": datetime.fromisoformat(LATER),
        "government_status": "REVOKED",
        "government_asked_at": asked,
    }
    certificate = shelve(hospital.organisation, "NEW", 300, **known)
    assert decide(hospital, inquiry, proposal) == Decided(1)
    after = reread(certificate)
    assert {name: getattr(after, name) for name in known} == known


def test_a_certificate_that_was_imported_meanwhile_gets_what_is_not_known_of_it(
    hospital: Hospital, inquiry: RecordsInquiry
) -> None:
    content = der(ehealth(application_id="NEW"))
    proposal = new_certificate(inquiry, content)
    facts = read_certificate(content)
    certificate = shelve(hospital.organisation, "NEW", 300, fingerprint=facts.fingerprint)
    assert decide(hospital, inquiry, proposal) == Decided(1)
    after = reread(certificate)
    assert (after.contact_data, after.government_status) == (CONTACT, "VALID_ACTIVE")
    assert after.replaceable_from == datetime.fromisoformat(DAY)
    assert reread(proposal).certificate_id == certificate.pk


# --- many at once


def test_taking_over_all_costs_little_a_certificate(hospital: Hospital) -> None:
    made = []
    for size in (2, 12):
        inquiry = ask(hospital)
        with acting_for([hospital.organisation.pk], as_platform=True):
            inquiry.state, inquiry.answered_at = InquiryState.ANSWERED, datetime.now(UTC)
            inquiry.save(update_fields=["state", "answered_at"])
        for number in range(size):
            new_certificate(inquiry, der(ehealth(application_id=f"N{size}X{number}")), number)
        with CaptureQueriesContext(connection) as captured:
            assert decide(hospital, inquiry) == Decided(size)
        made.append([one["sql"] for one in captured.captured_queries])
    few, many = (len([sql for sql in one if "SAVEPOINT" not in sql]) for one in made)
    assert (many - few) / 10 <= 6, "found, added, its facts, the decision, and a line in the record of both"
    for one in made:
        assert (
            len([sql for sql in one if 'FROM "certificates_installation"' in sql and "FOR UPDATE" in sql])
            == 1
        )
