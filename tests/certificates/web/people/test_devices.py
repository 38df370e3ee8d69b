"""A lost workstation is withdrawn whole by its holder; an administrator ends what it does for one organisation."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client

from agent.wire.link.organisations import Organisations
from certificates.domain.lifecycle import RequestState
from certificates.models import AgentJob, Installation
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Device, Person
from organisations.services.people import add_person
from organisations.tenancy import acting_for, organisations_of_device
from tests.certificates.web.shelf import ask
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.holder import Holder, issue_identity, link
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess


def make_device(person: Person, label: str = "PC-APO-014") -> Device:
    device = Device.objects.create(
        thumbprint=uuid4().hex,
        public_jwk={},
        label=label,
        ssin_index=person.ssin_index,
        holder_first_names=["An", "Marie"],
        holder_name="Peeters",
        last_seen_at=datetime.now(UTC),
    )
    link(device, person)
    return device


@pytest.fixture
def device(hospital: Hospital) -> Device:
    return make_device(hospital.holder)


def address(device: Device) -> str:
    return f"/workstation/{device.pk}/withdraw/"


def events(hospital: Hospital, device: Device) -> list[tuple[str, str, str]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        found = AuditEvent.objects.filter(subject_id=device.pk).order_by("happened_at")
        return [(one.action, one.actor_type, one.actor_name) for one in found]


def test_the_administrator_ends_its_use_and_the_record_says_who(
    administrator: Client, hospital: Hospital, device: Device
) -> None:
    listed = administrator.get("/organisation/").content.decode()
    assert address(device) in listed
    answer, made = own_queries(administrator, address(device))
    page = answer.content.decode()
    assert (answer.status_code, made) == (200, 3)
    assert "PC-APO-014" in page
    after = administrator.post(address(device), follow=True).content.decode()
    assert "PC-APO-014 no longer works for your organisation" in after
    assert address(device) not in after
    device.refresh_from_db()
    assert device.revoked_at is None, "it is its holder's"
    assert events(hospital, device) == [("device_unlinked", "user", "Koen Claes")]
    again = administrator.post(address(device), follow=True).content.decode()
    assert "Nothing was done" in again
    assert "Koen Claes: Workstation no longer works for the organisation" in again
    history = administrator.get("/organisation/history/").content.decode()
    assert "Workstation no longer works for the organisation" in history


def test_the_holder_withdraws_their_own(holder_client: Client, hospital: Hospital, device: Device) -> None:
    assert address(device) in holder_client.get("/workstation/").content.decode()
    answer = holder_client.post(address(device))
    assert (answer.status_code, answer["Location"]) == (302, "/workstation/")
    assert events(hospital, device) == [("device_withdrawn", "user", "An Marie Peeters")]


def test_looking_withdraws_nothing(administrator: Client, device: Device) -> None:
    administrator.get(address(device))
    device.refresh_from_db()
    assert device.revoked_at is None


def test_who_may_not(
    viewer: Client, stranger: Client, client: Client, hospital: Hospital, device: Device
) -> None:
    colleague = signed_in(member(hospital.organisation, Role.HOLDER))
    for method in ("get", "post"):
        assert getattr(viewer, method)(address(device)).status_code == 403
        assert getattr(colleague, method)(address(device)).status_code == 403
        assert getattr(stranger, method)(address(device)).status_code == 404
        assert getattr(client, method)(address(device)).status_code == 302
        assert getattr(stranger, method)(f"/workstation/{uuid4()}/withdraw/").status_code == 404
    device.refresh_from_db()
    assert device.revoked_at is None


@pytest.fixture
def shared(hospital: Hospital, other_hospital: Hospital, device: Device) -> Device:
    """The workstation works for a second organisation too, where the holder has the same account."""
    with acting_for([other_hospital.organisation.pk], as_platform=True):
        there = add_person(
            other_hospital.organisation,
            first_names="An Marie",
            name="Peeters",
            ssin="85073003328",
            user=hospital.holder_user,
            actor=PLATFORM,
            now=datetime.now(UTC),
        )
    link(device, there)
    return device


def test_what_an_administrator_ends_no_other_organisation_notices(
    administrator: Client, hospital: Hospital, other_hospital: Hospital, shared: Device
) -> None:
    administrator.post(address(shared))
    assert events(hospital, shared) == [("device_unlinked", "user", "Koen Claes")]
    assert events(other_hospital, shared) == []
    assert organisations_of_device(shared.pk) == [other_hospital.organisation.pk]


def test_what_its_holder_ends_every_organisation_finds_with_the_holders_name(
    holder_client: Client, hospital: Hospital, other_hospital: Hospital, shared: Device
) -> None:
    holder_client.post(address(shared))
    shared.refresh_from_db()
    assert shared.revoked_at is not None
    for one in (hospital, other_hospital):
        assert events(one, shared) == [("device_withdrawn", "user", "An Marie Peeters")]
    assert organisations_of_device(shared.pk) == []


def test_keys_on_it_are_named(administrator: Client, hospital: Hospital, device: Device) -> None:
    request = ask(hospital, RequestState.COMPLETED)
    other = ask(hospital, RequestState.COMPLETED)
    assert "Keys of these certificates" not in administrator.get(address(device)).content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        AgentJob.objects.update_or_create(
            request=request,
            defaults={
                "id": uuid4().hex[:21] + "A",
                "organisation": hospital.organisation,
                "kind": "request-certificate",
                "holder": hospital.holder,
                "device_id": device.pk,
                "expires_at": datetime.now(UTC),
            },
        )
    answer, made = own_queries(administrator, address(device))
    page = answer.content.decode()
    assert made == 3
    assert f"/certificates/{request.certificate_id}/" in page
    assert f"/certificates/{other.certificate_id}/" not in page
    assert "have them revoked" in page
    with acting_for([hospital.organisation.pk], as_platform=True):
        Installation.objects.create(
            organisation=hospital.organisation,
            certificate_id=other.certificate_id,
            device_id=device.pk,
            machine="PC-APO-014",
            path="keystore/a.p12",
            file_digest="0" * 64,
            environment="production",
            first_seen_at=datetime.now(UTC),
            last_seen_at=datetime.now(UTC),
        )
    page = administrator.get(address(device)).content.decode()
    assert f"/certificates/{other.certificate_id}/" in page, "a copy was seen there"


def test_the_agent_of_a_withdrawn_workstation_is_turned_away(
    holder_client: Client, hospital: Hospital, government: SandboxProcess
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    assert holder.jobs() == []
    device = Device.objects.get(thumbprint=holder.thumbprint)
    holder_client.post(address(device))
    refused = holder.call("GET", "/agent/v1/jobs")
    assert (refused.status_code, refused.json()["code"]) == (401, "device_unknown")
    assert holder.enrol().status_code == 201, "with the card it is enrolled again"
    assert holder.jobs() == []


def test_where_an_administrator_ended_it_only_the_card_brings_it_back(
    administrator: Client, hospital: Hospital, government: SandboxProcess
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    assert holder.enrol().status_code == 201
    [asking] = holder.organisations().agreed
    device = Device.objects.get(thumbprint=holder.thumbprint)
    administrator.post(address(device))
    assert holder.organisations() == Organisations((), ())
    refused = holder.agree(asking)
    assert (refused.status_code, refused.json()["code"]) == (404, "organisation_unknown")
    assert organisations_of_device(device.pk) == [], "whoever found it cannot take it back"
    assert holder.enrol().status_code == 201
    assert organisations_of_device(device.pk) == [hospital.organisation.pk]
