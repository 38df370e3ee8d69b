"""The government's own records: what is proposed, what becomes of it, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.certra.client import CertraClient
from certificates.certra.facts import ActorQualities
from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, RecordProposal, RecordsInquiry
from certificates.models.records import InquiryState, ProposalKind, ProposalState
from certificates.services.records.decide import Decided, accept, dismiss
from organisations.access import Tenancy
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Mandate, Organisation, OrganisationIdentifier, User
from organisations.services.members import invite_member
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.stages import enrolled
from tests.support import questions
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


def past(government: SandboxProcess, application_id: str | None, **changes: Any) -> str:
    """Have the sandbox's register hold a certificate; returns the identifier of its key."""
    order = {
        "environment": "production",
        "identifier": {"type": "CBE", "value": "0406798006"},
        "name": "AZ Sint-Elisabeth Maasdal",
        "application_id": application_id,
        "not_before": (datetime.now(UTC) - timedelta(days=200)).isoformat(),
    } | changes
    return str(government.control_post("/control/issue", order)["pki"])


def tag() -> str:
    return f"R{uuid4().hex[:10].upper()}"


def proposals(inquiry: RecordsInquiry, **which: Any) -> list[RecordProposal]:
    with acting_for([inquiry.organisation_id]):
        return list(inquiry.proposals.filter(**which).select_related("certificate"))


def decide(
    hospital: Hospital, inquiry: RecordsInquiry, which: list[RecordProposal] | None, how: Any = accept
) -> Decided:
    tenancy = Tenancy(hospital.administrator, hospital.organisation, frozenset({Role.ADMINISTRATOR}))
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        keys = None if which is None else {one.pk for one in which}
        settled: Decided = how(inquiry, keys, tenancy=tenancy, now=datetime.now(UTC))
        return settled


def empty_hospital() -> Hospital:
    """A tenant on its first day: one administrator, one person, no number, no mandate, no certificate."""
    hospital = make_hospital()
    key = uuid4()
    with acting_for([key]):
        here = Organisation.objects.create(id=key, name="AZ Sint-Elisabeth Maasdal")
        now = datetime.now(UTC)
        user, _ = invite_member(
            here,
            email=f"els.{key.hex[:6]}@maasdal.example",
            full_name="Els Wouters",
            role=Role.ADMINISTRATOR,
            actor=PLATFORM,
            now=now,
        )
        person = add_person(
            here,
            first_names="An Marie",
            name="Peeters",
            ssin="85073003328",
            actor=PLATFORM,
            now=now,
        )
    return Hospital(here, hospital.identifier, person, hospital.mandate, user, user)


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
    with acting_for([hospital.organisation.pk]):
        assert not Certificate.objects.exists(), "nothing is taken over by itself"

    # The sandbox may hold so many of other tests that not all could be fetched: those stay for the next reading.
    before = proposals(inquiry)
    left = {one.key for one in before if not one.facts.get("acceptable", True)}
    assert not left & {key, old, *numbers}
    assert decide(hospital, inquiry, None) == Decided(len(before) - len(left))
    with acting_for([hospital.organisation.pk]):
        assert set(OrganisationIdentifier.objects.values_list("type", flat=True)) == {"CBE", "NIHII-HOSPITAL"}
        assert Mandate.objects.filter(person=hospital.holder).count() == 2
        found = Certificate.objects.get(public_key_identifier=key)
        expired = Certificate.objects.get(public_key_identifier=old)
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert (found.source, found.chain_trusted, found.government_status) == ("recorded", True, "VALID_ACTIVE")
    assert found.chain
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
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]):
        now_here = rows.get()
    assert now_here.government_status == "REVOKED", "the government's own word is written as it comes"
    assert now_here.revocation_status != "revoked", "what stands here waits for a decision"
    assert now_here.replaceable_from == other_day
    decide(hospital, second, [found["contact_data"]], how=dismiss)
    decide(hospital, second, [found["status"], found["replaceable_from"]])
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]):
        assert Certificate.objects.get(public_key_identifier=key).environment == "acceptance"


def test_own_certificates_are_left_out(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    key = past(government, None, identifier={"type": "SSIN", "value": "85073003328"}, name="Peeters")
    enrolled(holder)
    inquiry = questions.answer(hospital, holder)
    assert key not in {one.key for one in proposals(inquiry)}
    with acting_for([hospital.organisation.pk]):
        assert "85073003328" not in str([one.facts for one in inquiry.proposals.all()])


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
    with acting_for([hospital.organisation.pk]):
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


class TestRefusals:
    """Bytes that are not the holder's answer to this very task."""

    @pytest.fixture
    def inquiry(self, hospital: Hospital, holder: Holder) -> RecordsInquiry:
        enrolled(holder)
        return questions.ask(hospital)

    def _sends(self, holder: Holder, inquiry: RecordsInquiry, first: bytes, second: bytes) -> tuple[int, str]:
        sent = questions.send(holder, inquiry.job.pk, first, second)
        with acting_for([inquiry.organisation_id]):
            inquiry.refresh_from_db(fields=["state", "problem"])
        return sent.status_code, sent.json().get("code", "")

    def test_another_persons_card(
        self, government: SandboxProcess, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        sofie = issue_identity(government.state, "00010100105", "Sofie", "Janssens")
        own = holder.identity
        for first, second in (
            (questions.qualities(sofie), questions.infos(sofie)),
            (questions.qualities(own), questions.infos(sofie)),
            (questions.qualities(own, about="00010100105"), questions.infos(own)),
        ):
            assert self._sends(holder, inquiry, first, second) == (422, "wrong_signer")
        assert inquiry.state == InquiryState.AWAITING_SIGNATURE

    def test_the_signature_key_is_not_for_asking(self, holder: Holder, inquiry: RecordsInquiry) -> None:
        own = holder.identity
        first = questions.qualities(own, purpose="Signature")
        second = questions.infos(own, purpose="Signature")
        assert self._sends(holder, inquiry, first, second) == (422, "not_an_authentication_certificate")

    def test_altered_or_mixed_up(self, holder: Holder, inquiry: RecordsInquiry) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        altered = first.replace(b"85073003328</SSIN>", b"93051822361</SSIN>")
        assert altered != first
        assert self._sends(holder, inquiry, altered, second) == (422, "signature_invalid")
        assert self._sends(holder, inquiry, second, first) == (422, "request_malformed")
        assert self._sends(holder, inquiry, b"<a/>", second) == (422, "request_malformed")
        assert self._sends(holder, inquiry, b"<a>" * (MAX_REQUEST_BYTES // 3 + 9), second) == (
            413,
            "request_too_large",
        )

    def test_signed_at_another_time(self, holder: Holder, inquiry: RecordsInquiry) -> None:
        own, now = holder.identity, datetime.now(UTC)
        for moment in (now - timedelta(hours=1), now + timedelta(hours=1)):
            first = questions.qualities(own, at=moment)
            assert self._sends(holder, inquiry, first, questions.infos(own)) == (422, "question_stale")

    def test_what_served_once_serves_no_other_inquiry(
        self, holder: Holder, hospital: Hospital, inquiry: RecordsInquiry
    ) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        assert self._sends(holder, inquiry, first, second)[0] == 200
        assert self._sends(holder, inquiry, questions.qualities(own), second) == (409, "job_closed")
        next_one = questions.ask(hospital)
        assert next_one.pk != inquiry.pk
        assert self._sends(holder, next_one, first, questions.infos(own)) == (409, "question_already_used")
        assert self._sends(holder, next_one, questions.qualities(own), second) == (
            409,
            "question_already_used",
        )
        assert self._sends(holder, next_one, questions.qualities(own), questions.infos(own))[0] == 200

    def test_a_retry_gets_the_answer_that_was_lost(
        self, government: SandboxProcess, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        """The agent proves the same bytes anew when its first call broke off; nothing is asked or proposed twice."""
        past(government, tag())
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        told = questions.send(holder, inquiry.job.pk, first, second).json()
        made = [one.pk for one in proposals(inquiry)]
        assert made
        again = questions.send(holder, inquiry.job.pk, first, second)
        assert (again.status_code, again.json()) == (200, told)
        assert [one.pk for one in proposals(inquiry)] == made
        mixed = questions.send(holder, inquiry.job.pk, first, questions.infos(own))
        assert (mixed.status_code, mixed.json()["code"]) == (409, "job_closed")

    def test_a_retry_that_overtakes_the_first_call(
        self, holder: Holder, inquiry: RecordsInquiry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        real = CertraClient.actor_qualities
        overtaking: list[object] = []

        def slow(self: CertraClient, signed: bytes) -> ActorQualities:
            if not overtaking:
                overtaking.append(True)
                overtaking.append(questions.send(holder, inquiry.job.pk, first, second).json())
            return real(self, signed)

        monkeypatch.setattr(CertraClient, "actor_qualities", slow)
        told = questions.send(holder, inquiry.job.pk, first, second)
        assert (told.status_code, told.json()) == (200, overtaking[1])

    def test_nobody_else_finds_the_job(
        self, government: SandboxProcess, hospital: Hospital, inquiry: RecordsInquiry
    ) -> None:
        make_hospital(
            name="Clinique", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
        )
        luc = enrolled(Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois")))
        first, second = questions.qualities(luc.identity), questions.infos(luc.identity)
        assert self._sends(luc, inquiry, first, second) == (404, "job_unknown")
        assert luc.call("GET", f"/agent/v1/jobs/{inquiry.job.pk}").status_code == 404

    def test_other_jobs_take_no_questions(
        self, holder: Holder, hospital: Hospital, inquiry: RecordsInquiry
    ) -> None:
        from tests.certificates.stages import to_sign

        request = to_sign(hospital, holder)
        own = holder.identity
        sent = questions.send(holder, request.job.pk, questions.qualities(own), questions.infos(own))
        assert sent.status_code == 404
        assert holder.send(inquiry.job.pk, questions.infos(own)).status_code == 404

    def test_declined_or_gone(self, holder: Holder, hospital: Hospital, inquiry: RecordsInquiry) -> None:
        answer = holder.call("POST", f"/agent/v1/jobs/{inquiry.job.pk}/decline", {"reason": "Niet nu."})
        assert answer.status_code == 200
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        assert self._sends(holder, inquiry, first, second) == (409, "job_closed")
        assert inquiry.state == InquiryState.DECLINED

    def test_the_government_is_away_or_refuses(
        self, government: SandboxProcess, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        government.control_post(
            "/control/faults", {"kind": "http-503", "operation": "GetActorQualities", "times": 1}
        )
        status, code = self._sends(holder, inquiry, first, second)
        assert (status, code) == (503, "government_unavailable")
        assert inquiry.state == InquiryState.AWAITING_SIGNATURE
        assert inquiry.problem is not None
        assert self._sends(holder, inquiry, first, second)[0] == 200, "the same bytes may be sent again"
        assert inquiry.problem is None


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


def test_another_organisations_numbers_need_a_manager_with_the_own_card(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    user: User = hospital.holder_user
    government.control_post(
        "/control/source",
        {
            "mandates": [
                {
                    "ssin": "85073003328",
                    "organisation": {"type": "CBE", "value": "0712340185"},
                    "since": "2020-01-01",
                    "until": None,
                }
            ]
        },
        method="PATCH",
    )
    try:
        enrolled(holder)
        theirs = "CBE=0712340185"
        assert theirs not in {one.key for one in proposals(questions.answer(hospital, holder))}
        with acting_for([hospital.organisation.pk]):
            invite_member(
                hospital.organisation,
                email=user.email,
                full_name=user.full_name,
                role=Role.ADMINISTRATOR,
                actor=PLATFORM,
                now=datetime.now(UTC),
            )
        by_holder = Hospital(
            hospital.organisation,
            hospital.identifier,
            hospital.holder,
            hospital.mandate,
            user,
            user,
        )
        assert theirs in {one.key for one in proposals(questions.answer(by_holder, holder))}
    finally:
        source = government.control_get("/control/source")
        source["mandates"] = [
            one for one in source["mandates"] if one["organisation"]["value"] != "0712340185"
        ]
        government.control_post("/control/source", source, method="PUT")


def test_certificates_that_share_a_key_are_told_apart(
    government: SandboxProcess, holder: Holder, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other software may have renewed with the same key; by the key only one of them is handed over."""
    from dataclasses import replace

    from certificates.certra.client import CertraClient
    from certificates.certra.facts import AuthenticationCertificateStatus, CertificateInfo

    known, key = past(government, tag()), past(government, tag())
    enrolled(holder)
    first = questions.answer(hospital, holder)
    decide(hospital, first, [one for one in proposals(first) if one.key == known])
    real = CertraClient.certificate_infos

    def told(self: CertraClient, signed: bytes) -> tuple[CertificateInfo, ...]:
        """Beside each of both an older one."""
        infos = real(self, signed)
        older = [
            replace(one, details=replace(one.details, serial_number="77"))
            for one in infos
            if one.details and one.public_key_identifier.lower() in (known, key)
        ]
        revoked = AuthenticationCertificateStatus.REVOKED
        return (
            *(
                replace(one, status=revoked) if one.public_key_identifier.lower() == known else one
                for one in infos
            ),
            *older,
        )

    monkeypatch.setattr(CertraClient, "certificate_infos", told)
    second = questions.answer(hospital, holder)
    [status] = [one for one in proposals(second, facts__field="status") if one.key.startswith(known)]
    assert status.facts["government"] == "REVOKED"
    found = {one.key: one for one in proposals(second, kind=ProposalKind.NEW_CERTIFICATE)}
    assert found[key].facts["acceptable"]
    for shared in (known, key):
        [other] = [one for name, one in found.items() if name.startswith(shared) and name != key]
        assert other.facts["problem"] == "for_another"


def test_a_mandate_that_begins_later_gets_no_second_beside_it(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    from organisations.services.identifiers import add_identifier
    from organisations.services.mandates import give_mandate

    enrolled(holder)
    first = questions.answer(hospital, holder)
    [new] = proposals(first, kind=ProposalKind.NEW_MANDATE)
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk]):
        number, _ = add_identifier(
            hospital.organisation, type=new.facts["type"], value=new.facts["value"], actor=PLATFORM, now=now
        )
        give_mandate(
            hospital.organisation,
            person=hospital.holder,
            identifier=number,
            starts_on=now.date() + timedelta(days=9),
            actor=PLATFORM,
            now=now,
        )
    assert decide(hospital, first, [new]) == Decided(1)
    assert not proposals(questions.answer(hospital, holder), kind=ProposalKind.NEW_MANDATE)
    with acting_for([hospital.organisation.pk]):
        assert Mandate.objects.filter(identifier=number).count() == 1
