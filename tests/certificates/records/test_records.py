"""The government's own records: what is proposed, what becomes of it, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from certificates.certra.client import CertraClient
from certificates.domain.lifecycle import Environment
from certificates.models import Certificate
from certificates.models.records import InquiryState, ProposalKind, ProposalState
from certificates.services.records.decide import Decided, dismiss
from organisations.models import AuditEvent, Mandate, OrganisationIdentifier
from organisations.tenancy import acting_for
from tests.certificates.records.steps import decide, empty_hospital, past, proposals, tag
from tests.certificates.stages import enrolled
from tests.support import questions
from tests.support.holder import Holder
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess


def test_an_empty_tenant_is_filled(government: SandboxProcess, holder: Holder, db: None) -> None:
    key, old = past(government, tag()), past(government, tag(), not_before="2021-01-01T08:00:00+00:00")
    other = past(
        government,
        tag(),
        identifier={"type": "CBE", "value": "0809394427"},
        name="Clinique Notre-Dame des Tilleuls",
    )
    hospital = empty_hospital()
    enrolled(holder)
    inquiry = questions.answer(hospital, holder)
    assert inquiry.state == InquiryState.ANSWERED
    numbers = {one.key for one in proposals(inquiry, kind=ProposalKind.NEW_MANDATE)}
    assert numbers == {"CBE=0406798006", "NIHII-HOSPITAL=71000436"}
    keys = {one.key for one in proposals(inquiry, kind=ProposalKind.NEW_CERTIFICATE)}
    assert {key, old} <= keys
    assert other not in keys
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not Certificate.objects.exists(), "nothing is taken over by itself"

    # The sandbox may hold so many of other tests that not all could be fetched: those stay for the next reading.
    before = proposals(inquiry)
    left = {one.key for one in before if not one.facts.get("acceptable", True)}
    assert not left & {key, old, *numbers}
    assert decide(hospital, inquiry, None) == Decided(len(before) - len(left))
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert set(OrganisationIdentifier.objects.values_list("type", flat=True)) == {"CBE", "NIHII-HOSPITAL"}
        assert Mandate.objects.filter(person=hospital.holder).count() == 2
        found = Certificate.objects.get(public_key_identifier=key)
        expired = Certificate.objects.get(public_key_identifier=old)
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert (found.source, found.chain_trusted, found.government_status) == ("recorded", True, "VALID_ACTIVE")
    assert found.above
    assert found.replaceable_from is not None
    assert found.contact_data is not None
    assert found.contact_data["email_private"] == "past@sandbox.example"
    assert expired.government_status == "EXPIRED"
    expected = {"records_asked", "records_read", "proposal_accepted", "certificate_recorded", "mandate_given"}
    assert expected <= actions

    # The second reading finds nothing new.
    again = questions.answer(hospital, holder)
    assert {one.key for one in proposals(again)} <= left | {other}


def test_differences_stand_side_by_side(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    key = past(government, tag())
    enrolled(holder)
    first = questions.answer(hospital, holder)
    [new] = [one for one in proposals(first) if one.key == key]
    decide(hospital, first, [new])
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = Certificate.objects.filter(public_key_identifier=key)
        contact = {**(rows.get().contact_data or {}), "phone_private": "+32 11 99 99 99"}
        other_day = datetime(2027, 1, 1, tzinfo=UTC)
        rows.update(contact_data=contact, replaceable_from=other_day, government_status="")
    government.control_post(
        f"/control/certificates/production/{key}/revoke",
        {"reason": "superseded"},
    )
    second = questions.answer(hospital, holder)
    found = {
        one.facts["field"]: one
        for one in proposals(second, kind=ProposalKind.DIFFERENCE)
        if one.certificate and one.certificate.public_key_identifier == key
    }
    assert set(found) == {"contact_data", "replaceable_from", "status"}
    assert found["contact_data"].facts["here"]["phone_private"] == "+32 11 99 99 99"
    assert found["contact_data"].facts["government"]["phone_private"] == "+32 2 000 00 00"
    with acting_for([hospital.organisation.pk], as_platform=True):
        now_here = rows.get()
    assert now_here.government_status == "REVOKED", "the government's own word is written as it comes"
    assert now_here.revocation_status != "revoked", "what stands here waits for a decision"
    assert now_here.replaceable_from == other_day
    decide(hospital, second, [found["contact_data"]], how=dismiss)
    decide(hospital, second, [found["status"], found["replaceable_from"]])
    with acting_for([hospital.organisation.pk], as_platform=True):
        after = rows.get()
    assert after.revocation_status == "revoked"
    assert after.replaceable_from not in (None, other_day)
    assert after.contact_data is not None
    assert after.contact_data["phone_private"] == "+32 11 99 99 99"


def test_a_mandate_that_the_government_does_not_know_is_warned_of(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    from organisations.services.identifiers import add_identifier
    from organisations.services.mandates import give_mandate

    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        number, _ = add_identifier(
            hospital.organisation, type="CBE", value="0712340185", actor=PLATFORM, now=now
        )
        mandate = give_mandate(
            hospital.organisation,
            person=hospital.holder,
            identifier=number,
            starts_on=now.date() - timedelta(days=9),
            actor=PLATFORM,
            now=now,
        )
    enrolled(holder)
    inquiry = questions.answer(hospital, holder)
    [gone] = proposals(inquiry, kind=ProposalKind.MANDATE_GONE)
    assert gone.key == "CBE=0712340185"
    decide(hospital, inquiry, [gone])
    with acting_for([hospital.organisation.pk], as_platform=True):
        mandate.refresh_from_db()
    assert mandate.withdrawn_on is not None


def test_acceptance_says_nothing_about_mandates(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    key = past(government, tag(), environment="acceptance")
    enrolled(holder)
    inquiry = questions.answer(hospital, holder, environment=Environment.ACCEPTANCE)
    found = proposals(inquiry)
    assert key in {one.key for one in found}
    assert {one.kind for one in found} == {"new_certificate"}
    decide(hospital, inquiry, [one for one in found if one.key == key])
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.get(public_key_identifier=key).environment == "acceptance"


def test_unknown_words_are_kept(
    government: SandboxProcess, holder: Holder, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from certificates.certra.facts import AuthenticationCertificateStatus, CertificateInfo

    key, known = past(government, tag()), past(government, tag())
    enrolled(holder)
    first = questions.answer(hospital, holder)
    decide(hospital, first, [one for one in proposals(first) if one.key == known])
    real = CertraClient.certificate_infos

    def told(self: CertraClient, signed: bytes) -> tuple[CertificateInfo, ...]:
        word = AuthenticationCertificateStatus("SUSPENDED")
        return tuple(
            replace(one, status=word, base_service_usages=("brandnew",)) for one in real(self, signed)
        )

    monkeypatch.setattr(CertraClient, "certificate_infos", told)
    second = questions.answer(hospital, holder)
    [new] = [one for one in proposals(second) if one.key == key]
    assert (new.facts["status"], new.facts["contact_data"]["base_service_usages"]) == (
        "SUSPENDED",
        ["brandnew"],
    )
    [word] = [one for one in proposals(second) if one.facts.get("field") == "status"]
    assert (word.facts["government"], word.facts["acceptable"]) == ("SUSPENDED", False)
    assert decide(hospital, second, [word]) == Decided(0), "there is nothing to take over"
    with acting_for([hospital.organisation.pk], as_platform=True):
        row = Certificate.objects.get(public_key_identifier=known)
    assert row.government_status == "SUSPENDED"


def test_a_wrong_certificate_is_shown_and_not_taken(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    key = past(government, tag())
    enrolled(holder)
    government.control_post("/control/faults", {"kind": "wrong-certificate", "operation": "GetCertificate"})
    inquiry = questions.answer(hospital, holder)
    [new] = [one for one in proposals(inquiry) if one.key == key]
    assert new.facts["problem"] in ("for_another", "not_trusted")
    assert new.sealed_certificates is None
    assert decide(hospital, inquiry, [new]) == Decided(0)


def test_older_proposals_are_set_aside(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    past(government, tag())
    enrolled(holder)
    first = questions.answer(hospital, holder)
    assert proposals(first, state=ProposalState.OPEN)
    second = questions.answer(hospital, holder)
    assert not proposals(first, state=ProposalState.OPEN)
    assert len(proposals(second, state=ProposalState.OPEN)) == len(proposals(first))
