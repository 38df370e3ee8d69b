"""Another organisation writes down the number of our holder and our own number: what it sees, and what it can do."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from agent.wire.link.organisations import Agreement, Organisations
from agent.wire.link.proofs import verify_proof
from certificates.domain.lifecycle import RequestState
from certificates.models import Installation
from certificates.services.reminders.notices import notices_of
from organisations.domain.claims import NumberState
from organisations.domain.roles import Role
from organisations.errors import NumberNotProven
from organisations.models import AuditEvent, Device, DeviceLink, OrganisationIdentifier
from organisations.services.identifiers import add_identifier
from organisations.services.mandates import give_mandate
from organisations.services.people import add_person
from organisations.tenancy import acting_for, organisations_of_device
from tests.certificates.installations.test_reports import entry, send
from tests.certificates.stages import enrolled, tag
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, signed_in
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.questions import ask as ask_records
from tests.support.sandbox import SandboxProcess

pytestmark = pytest.mark.django_db
SSIN, CBE = "85073003328", "0406798006"


@dataclass
class Scene:
    """Our hospital with its holder's enrolled workstation, and an organisation that claims both."""

    ours: Hospital
    theirs: Hospital
    holder: Holder
    device: Device
    attacker: Client

    def page(self, address: str) -> str:
        answer = self.attacker.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return str(answer.content.decode())


@pytest.fixture
def scene(government: SandboxProcess) -> Scene:
    ours = make_hospital()
    holder = enrolled(Holder(issue_identity(government.state, SSIN, "An Marie", "Peeters")))
    theirs = make_hospital(
        name="Praktijk Vreemd", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
    )
    user = member(theirs.organisation, Role.ADMINISTRATOR)
    with acting_for([theirs.organisation.pk], as_platform=True):
        add_identifier(theirs.organisation, type="CBE", value=CBE, actor=PLATFORM, now=datetime.now(UTC))
        theirs.holder = add_person(
            theirs.organisation, first_names="An Marie", name="Peeters", ssin=SSIN, user=user,
            actor=PLATFORM, now=datetime.now(UTC),
        )  # fmt: skip
        theirs.mandate = give_mandate(
            theirs.organisation, person=theirs.holder, identifier=theirs.identifier,
            starts_on=date(2020, 1, 1), actor=PLATFORM, now=datetime.now(UTC),
        )  # fmt: skip
    return Scene(ours, theirs, holder, Device.objects.get(thumbprint=holder.thumbprint), signed_in(user))


def number_of(hospital: Hospital, value: str = CBE) -> OrganisationIdentifier:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return OrganisationIdentifier.objects.get(organisation=hospital.organisation, value=value)


def events(hospital: Hospital, *actions: str) -> list[tuple[str, str, str]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        found = AuditEvent.objects.filter(organisation=hospital.organisation, action__in=actions)
        return [(one.action, one.actor_type, one.actor_name) for one in found.order_by("happened_at")]


def test_they_see_nothing_of_the_workstation(scene: Scene) -> None:
    listed = scene.page("/organisation/")
    assert "desk of the test" not in listed
    assert str(scene.device.pk) not in listed
    assert "desk of the test" not in scene.page("/workstation/"), "their own account is not the card's holder"
    for method in ("get", "post"):
        answer = getattr(scene.attacker, method)(f"/workstation/{scene.device.pk}/withdraw/")
        assert answer.status_code == 404
    scene.device.refresh_from_db()
    assert scene.device.revoked_at is None
    assert organisations_of_device(scene.device.pk) == [scene.ours.organisation.pk]
    assert events(scene.theirs, "device_enrolled", "device_linked") == []
    assert events(scene.ours, "device_linked") == [("device_linked", "device", "An Marie Peeters")]
    with acting_for([scene.theirs.organisation.pk], as_platform=True), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM organisations_devicelink")
        assert cursor.fetchone() == (0,)


def test_no_file_of_ours_is_reported_to_them(scene: Scene) -> None:
    mine = shelve(scene.ours.organisation, "EHBOX", 300)
    shelve(scene.theirs.organisation, "EHBOX", 300)
    assert send(scene.holder, entry("a.p12", mine)) == (1, 0, 0)
    with acting_for([scene.theirs.organisation.pk], as_platform=True):
        assert not Installation.objects.exists()
    assert "PC-APO-014" not in scene.page("/installations/")
    scene.holder.agree_to_all()
    assert send(scene.holder, entry("a.p12", mine)) == (1, 0, 0)
    with acting_for([scene.theirs.organisation.pk], as_platform=True):
        assert not Installation.objects.exists(), (
            "a number that waits tells nothing, even where the holder agreed"
        )


def test_no_request_of_theirs_lands_before_the_holder_agrees(scene: Scene) -> None:
    request = scene.theirs.step(scene.theirs.request(application_id=tag()))
    assert request.state == RequestState.AWAITING_DEVICE
    inquiry = ask_records(scene.theirs, holder=scene.theirs.holder)
    assert scene.holder.jobs() == []
    assert scene.holder.call("GET", f"/agent/v1/jobs/{inquiry.job.pk}").status_code == 404
    assert [one.name for one in scene.holder.organisations().waiting] == ["Praktijk Vreemd"]
    scene.holder.agree_to_all()
    assert scene.theirs.reload(request).state == RequestState.AWAITING_CONTRACT
    assert [one["organisation"] for one in scene.holder.jobs()] == ["Praktijk Vreemd"]
    scene.holder.call("POST", f"/agent/v1/organisations/{scene.theirs.organisation.pk}/end", {})
    assert scene.holder.jobs() == []
    assert scene.holder.call("GET", f"/agent/v1/jobs/{inquiry.job.pk}").status_code == 404
    assert events(scene.theirs, "device_linked", "device_unlinked") == [
        ("device_linked", "device", "An Marie Peeters"),
        ("device_unlinked", "device", "An Marie Peeters"),
    ]


def test_their_number_waits_and_we_are_told(scene: Scene) -> None:
    assert number_of(scene.theirs).state == NumberState.WAITING
    proven = number_of(scene.ours)
    assert (proven.state, proven.contested_by) == (NumberState.PROVEN, "Praktijk Vreemd")
    assert events(scene.ours, "number_claimed_elsewhere") == [
        ("number_claimed_elsewhere", "organisation", "Praktijk Vreemd")
    ]
    with acting_for([scene.ours.organisation.pk], as_platform=True):
        letters = [
            one for one in notices_of(scene.ours.organisation, datetime.now(UTC), []) if one.kind == "number"
        ]
    [letter] = letters
    assert letter.readers == (scene.ours.administrator,)
    assert "Praktijk Vreemd" in letter.write(scene.ours.administrator).title
    shown = signed_in(scene.ours.administrator).get("/organisation/").content.decode()
    assert "Praktijk Vreemd gaf uw nummer 0406798006 op" in shown
    assert "Wacht op de uitbater" in scene.page("/organisation/") or "Waits for the operator" in scene.page(
        "/organisation/"
    )


def test_a_number_that_waits_gives_no_mandate_and_no_request(scene: Scene) -> None:
    number = number_of(scene.theirs)
    with acting_for([scene.theirs.organisation.pk], as_platform=True), pytest.raises(NumberNotProven):
        give_mandate(
            scene.theirs.organisation, person=scene.theirs.holder, identifier=number,
            starts_on=date(2020, 1, 1), actor=PLATFORM, now=datetime.now(UTC),
        )  # fmt: skip
    with pytest.raises(NumberNotProven):
        scene.theirs.request(identifier_id=number.pk)


def test_raw_sql_names_no_person_of_ours(scene: Scene) -> None:
    with (
        acting_for([scene.theirs.organisation.pk], as_platform=True),
        pytest.raises(DatabaseError, match="another organisation"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE organisations_mandate SET person_id = %s WHERE id = %s",
            [scene.ours.holder.pk, scene.theirs.mandate.pk],
        )


def test_the_yes_is_kept_as_it_was_signed(scene: Scene) -> None:
    [asking] = scene.holder.organisations().waiting
    assert asking.numbers == ("CBE=0809394427",), "only what is proven is shown"
    account = scene.theirs.holder.user
    assert account is not None
    assert asking.account == account.email
    assert scene.holder.agree(asking).status_code == 200
    assert scene.holder.agree(asking).status_code == 200, "the same again does nothing"
    with acting_for([scene.theirs.organisation.pk], as_platform=True):
        link = DeviceLink.objects.get(device=scene.device)
    statement = bytes(link.statement)
    url = f"http://127.0.0.1:8000/agent/v1/organisations/{asking.id}/agree"
    proof = verify_proof(
        link.proof, jwk=scene.device.public_jwk, method="POST", url=url, body=statement, now=link.agreed_at
    )
    assert proof.kid == scene.holder.thumbprint
    assert Agreement.from_bytes(statement).organisation == asking
    assert link.account_id == scene.theirs.holder.user_id


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "AZ Sint-Elisabeth Maasdal"}, (409, "organisation_changed")),
        ({"account": "an.peeters@maasdal.example"}, (409, "organisation_changed")),
        ({"numbers": ["CBE=0406798006"]}, (409, "organisation_changed")),
        ({"id": "00000000-0000-0000-0000-000000000000"}, (409, "organisation_changed")),
        ({"id": "x"}, (400, "body_malformed")),
        ({"more": 1}, (400, "body_malformed")),
    ],
)
def test_only_what_was_shown_is_agreed_to(
    scene: Scene, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    [asking] = scene.holder.organisations().waiting
    answer = scene.holder.agree(asking, **changes)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert organisations_of_device(scene.device.pk) == [scene.ours.organisation.pk]


def test_an_organisation_that_does_not_know_the_holder_is_agreed_to_by_nobody(scene: Scene) -> None:
    [asking] = scene.holder.organisations().waiting
    third = make_hospital(name="Derde", cbe="0635769870", ssin="00010100105")
    path = f"/agent/v1/organisations/{third.organisation.pk}"
    statement = {"statement": "ehportal/this-workstation-works-for/v1", "organisation": asking.to_json()}
    for answer in (
        scene.holder.call("POST", f"{path}/agree", statement),
        scene.holder.call("POST", f"{path}/end", {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "organisation_unknown")


def test_an_odd_name_hides_no_other_organisation(scene: Scene) -> None:
    with acting_for([scene.theirs.organisation.pk], as_platform=True):
        type(scene.theirs.organisation).objects.update(name="Vreemd\x01\uffff")
    known = scene.holder.organisations()
    assert [one.name for one in known.waiting] == ["Vreemd\ufffd\ufffd"]
    assert len(known.agreed) == 1
    scene.holder.agree_to_all()
    assert len(scene.holder.organisations().agreed) == 2


def test_another_account_is_agreed_to_anew(scene: Scene) -> None:
    [asking] = scene.holder.organisations().waiting
    assert scene.holder.agree(asking).status_code == 200
    other = member(scene.theirs.organisation, Role.HOLDER)
    with acting_for([scene.theirs.organisation.pk], as_platform=True):
        type(scene.theirs.holder).objects.filter(pk=scene.theirs.holder.pk).update(user=other)
    known = scene.holder.organisations()
    assert [one.account for one in known.waiting] == [other.email]
    assert "desk of the test" not in signed_in(other).get("/workstation/").content.decode()
    scene.holder.agree_to_all()
    assert "desk of the test" in signed_in(other).get("/workstation/").content.decode()


def test_a_key_that_goes_to_another_card_takes_no_yes_along(scene: Scene, government: SandboxProcess) -> None:
    other = Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois"))
    other.device_key = scene.holder.device_key
    assert other.enrol(agree=False).status_code == 201
    assert organisations_of_device(scene.device.pk) == []
    assert events(scene.ours, "device_unlinked") == [("device_unlinked", "device", "An Marie Peeters")]
    assert other.organisations() == Organisations(
        (), tuple(one for one in other.organisations().waiting if one.name == "Praktijk Vreemd")
    )
