"""Two administrators with one page each: the later one is told what the first did, and overwrites nothing of it."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Invitation, Mandate, Membership, Organisation, Person
from organisations.services.audit import Actor
from organisations.services.identifiers import add_identifier
from organisations.services.mandates import withdraw_mandate
from organisations.tenancy import acting_for
from tests.certificates.stages import now
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital

REFUSED = "Nothing was done: this was changed since your page was shown."


@pytest.fixture
def first(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR, name="Fien Eerst"))


@pytest.fixture
def later(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR, name="Lars Later"))


def said(client: Client, address: str, given: dict[str, str]) -> str:
    return client.post(address, given, follow=True).content.decode()


def seen_of(client: Client, page: str, action: str) -> str:
    """What the hidden field of the form with this address holds on `page`."""
    text = client.get(page).content.decode()
    [found] = re.findall(rf'action="{re.escape(action)}">.*?name="seen" value="([^"]*)"', text, re.DOTALL)
    return str(found)


def events(hospital: Hospital, action: str) -> int:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return AuditEvent.objects.filter(action=action).count()


def test_a_mandate_is_withdrawn_once_and_its_day_stays(
    first: Client, later: Client, hospital: Hospital
) -> None:
    address = f"/organisation/mandates/{hospital.mandate.pk}/withdraw/"
    today = belgian_day(now())
    assert address in later.get("/organisation/").content.decode()
    assert "was withdrawn" in said(first, address, {"withdrawn_on": str(today + timedelta(days=9))})
    answer = said(later, address, {"withdrawn_on": str(today)})
    assert REFUSED in answer
    assert "Fien Eerst: Mandate withdrawn (" in answer
    assert "The mandate of An Marie Peeters was withdrawn" not in answer
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on == today + timedelta(days=9)
    assert events(hospital, "mandate_withdrawn") == 1


def test_the_row_decides_and_not_what_was_read_of_it(hospital: Hospital) -> None:
    day = date(2026, 1, 10)
    with acting_for([hospital.organisation.pk], as_platform=True):
        read_before = Mandate.objects.select_related("person").get(pk=hospital.mandate.pk)
        mandate = Mandate.objects.select_related("person").get(pk=hospital.mandate.pk)
        act = {"actor": Actor.platform(), "now": now()}
        assert withdraw_mandate(mandate, withdrawn_on=day, **act)  # type: ignore[arg-type]  # actor and time
        assert not withdraw_mandate(read_before, withdrawn_on=date(2026, 1, 1), **act)  # type: ignore[arg-type]  # same
        assert not withdraw_mandate(read_before, withdrawn_on=date(2026, 2, 1), sooner=True, **act)  # type: ignore[arg-type]  # same
        assert Mandate.objects.get(pk=mandate.pk).withdrawn_on == day


def test_the_later_choice_of_software_waits_and_stays_in_the_form(
    first: Client, later: Client, hospital: Hospital
) -> None:
    address = "/organisation/key-stores/"
    seen = seen_of(later, "/organisation/", address)
    assert seen == "connector-4"
    assert "New key stores are written for" in said(first, address, {"software": "openssl", "seen": seen})
    answer = later.post(address, {"software": "windows", "seen": seen})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert REFUSED in text
    assert "Fien Eerst: " in text
    assert '<option value="windows" selected>' in text, "what was chosen is still there"
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Organisation.objects.get().key_store_software == "openssl"
    [fresh] = re.findall(r'name="seen" value="([^"]*)"', text)
    assert fresh == "openssl"
    assert "New key stores are written for" in said(later, address, {"software": "windows", "seen": fresh})


def test_somebody_leaves_once_and_the_later_day_stays_in_the_form(
    first: Client, later: Client, hospital: Hospital
) -> None:
    address = f"/organisation/people/{hospital.holder.pk}/leave/"
    today = belgian_day(now())
    assert later.get(address).status_code == 200
    assert first.post(address, {"left_on": str(today)}).status_code == 302
    yesterday = str(today - timedelta(days=1))
    answer = later.post(address, {"left_on": yesterday})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert REFUSED in text
    assert "Fien Eerst: " in text
    assert f'value="{yesterday}"' in text
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Person.objects.get(pk=hospital.holder.pk).left_on == today
    back = f"/organisation/people/{hospital.holder.pk}/return/"
    assert "is back in the list" in said(first, back, {})
    answer_back = said(later, back, {})
    assert REFUSED in answer_back
    assert "Fien Eerst: Person marked as being back" in answer_back
    assert events(hospital, "person_returned") == 1


def test_a_role_and_a_number_that_are_gone_say_who_took_them(
    first: Client, later: Client, hospital: Hospital
) -> None:
    viewer = member(hospital.organisation, Role.VIEWER, name="Vera Viewer")
    with acting_for([hospital.organisation.pk], as_platform=True):
        role = Membership.objects.get(user=viewer).pk
        number, _ = add_identifier(
            hospital.organisation, type="NIHII-HOSPITAL", value="71000436", actor=Actor.platform(), now=now()
        )
    for address, event in (
        (f"/organisation/members/{role}/take/", "Role taken away"),
        (f"/organisation/identifiers/{number.pk}/remove/", "Number removed"),
    ):
        assert later.get(address).status_code == 200, address
        assert REFUSED not in said(first, address, {})
        answer = said(later, address, {})
        assert REFUSED in answer, address
        assert f"Fien Eerst: {event}" in answer
        assert later.get(address).status_code == 302, "also who only opens it is told"


def test_an_invitation_that_was_withdrawn_is_not_sent_again(
    first: Client, later: Client, hospital: Hospital
) -> None:
    asked = {"email": "new@maasdal.example", "full_name": "Nele Nieuw", "role": "viewer", "language": "nl"}
    assert first.post("/organisation/members/new/", asked).status_code == 302
    with acting_for([hospital.organisation.pk], as_platform=True):
        invitation = Invitation.objects.get(email="new@maasdal.example")
    listed = later.get("/organisation/").content.decode()
    [send] = re.findall(r'action="([^"]*send[^"]*)"', listed)
    [withdraw] = re.findall(rf'action="([^"]*{invitation.pk}/withdraw[^"]*)"', listed)
    assert REFUSED not in said(first, withdraw, {})
    for address in (send, withdraw):
        answer = said(later, address, {})
        assert REFUSED in answer
        assert "Fien Eerst: " in answer


def test_what_never_was_is_not_found(later: Client, stranger: Client, hospital: Hospital) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    day = {"withdrawn_on": "2026-01-01"}
    for key, client in ((nobody, later), (str(hospital.mandate.pk), stranger)):
        assert client.post(f"/organisation/mandates/{key}/withdraw/", day).status_code == 404
    assert stranger.post(f"/organisation/people/{hospital.holder.pk}/return/").status_code == 404
