"""Whose the answers are: other organisations' numbers, shared keys, mandates of later."""

from datetime import UTC, datetime, timedelta

import pytest

from certificates.models.records import ProposalKind
from certificates.services.records.decide import Decided
from organisations.domain.roles import Role
from organisations.models import Mandate, User
from organisations.services.members import add_member
from organisations.tenancy import acting_for
from tests.certificates.records.steps import decide, past, proposals, tag
from tests.certificates.stages import enrolled
from tests.support import questions
from tests.support.holder import Holder
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess


def test_own_certificates_are_left_out(
    government: SandboxProcess, holder: Holder, hospital: Hospital
) -> None:
    key = past(government, None, identifier={"type": "SSIN", "value": "85073003328"}, name="Peeters")
    enrolled(holder)
    inquiry = questions.answer(hospital, holder)
    assert key not in {one.key for one in proposals(inquiry)}
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert "85073003328" not in str([one.facts for one in inquiry.proposals.all()])


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
        with acting_for([hospital.organisation.pk], as_platform=True):
            add_member(
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Mandate.objects.filter(identifier=number).count() == 1
