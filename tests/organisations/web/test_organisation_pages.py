"""The organisation's pages: who may, whose rows, and what is written down."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from organisations.domain.roles import Role
from organisations.errors import AccountTaken
from organisations.models import (
    AuditEvent,
    Mandate,
    OrganisationIdentifier,
    Person,
    Reminder,
    User,
)
from organisations.services.audit import Actor
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.organisations.web.members import code_of, give_second_factor, member, own_queries, signed_in
from tests.support.hospital import Hospital

MANAGED = (
    "/organisation/",
    "/organisation/people/new/",
    "/organisation/identifiers/new/",
    "/organisation/mandates/new/",
    "/organisation/members/new/",
)


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/organisation/", 10),
        ("/organisation/people/new/", 1),
        ("/organisation/identifiers/new/", 0),
        ("/organisation/mandates/new/", 2),
        ("/organisation/members/new/", 0),
        ("/organisation/history/", 1),
        ("/workstation/", 2),
    ],
)
def test_pages_open_for_the_administrator(administrator: Client, address: str, queries: int) -> None:
    answer, made = own_queries(administrator, address)
    assert answer.status_code == 200
    assert made == queries


@pytest.mark.parametrize("address", [*MANAGED, "/organisation/history/"])
def test_pages_are_closed_to_others(viewer: Client, client: Client, address: str, db: None) -> None:
    refused = viewer.get(address)
    assert refused.status_code == 403
    assert "administrator of your organisation" in refused.content.decode()
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_the_query_count_does_not_grow_with_the_rows(administrator: Client, hospital: Hospital) -> None:
    for index in range(12):
        member(hospital.organisation, Role.VIEWER, name=f"Viewer {index}")
    answer, made = own_queries(administrator, "/organisation/")
    assert "Viewer 11" in answer.content.decode()
    assert made == 10


def test_an_address_that_refuses_mail_is_pointed_out(administrator: Client, hospital: Hospital) -> None:
    now, said = datetime.now(UTC), "550 5.1.1 no such mailbox"
    values = {
        "organisation": hospital.organisation,
        "kind": "thing",
        "recipient": hospital.holder_user,
        "step": 1,
    }
    with acting_for([hospital.organisation.pk], as_platform=True):
        Reminder.objects.create(**values, subject_id=uuid4(), created_at=now, attempts=1, answer=said)
    assert said in administrator.get("/organisation/").content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        Reminder.objects.create(
            **values, subject_id=uuid4(), created_at=now + timedelta(hours=1), sent_at=now
        )
    assert said not in administrator.get("/organisation/").content.decode()


def test_a_person_is_added(administrator: Client, hospital: Hospital) -> None:
    answer = administrator.post(
        "/organisation/people/new/",
        {"first_names": "Luc", "name": "Dubois", "ssin": "93.05.18-223.61", "language": "fr"},
        follow=True,
    )
    assert "Luc Dubois was added." in answer.content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Person.objects.get(name="Dubois").read_ssin() == "93051822361"


def test_an_account_belongs_to_one_person(administrator: Client, hospital: Hospital) -> None:
    """Otherwise somebody else's own certificate could be asked for in that account, and would be shown to it."""
    form = {"first_names": "Luc", "name": "Dubois", "ssin": "93051822361", "language": "fr"}
    taken = form | {"user": str(hospital.holder_user.pk)}
    assert f'value="{hospital.holder_user.pk}"' not in administrator.get(MANAGED[1]).content.decode()
    assert administrator.post(MANAGED[1], taken).status_code == 422
    with acting_for([hospital.organisation.pk], as_platform=True):
        with pytest.raises(AccountTaken):
            add_person(
                hospital.organisation,
                **form,
                user=hospital.holder_user,
                actor=Actor.platform(),
                now=datetime.now(UTC),
            )
        assert not Person.objects.filter(name="Dubois").exists()
    account = member(hospital.organisation, Role.HOLDER, name="Luc D.")
    administrator.post(MANAGED[1], form | {"user": str(account.pk)})
    with acting_for([hospital.organisation.pk], as_platform=True):
        added = AuditEvent.objects.get(action="person_added", subject_id=Person.objects.get(name="Dubois").pk)
    assert added.details["member"] == "Luc D.", "whose account was linked leaves a trace"


def test_a_wrong_national_number_stays_on_the_form(administrator: Client, hospital: Hospital) -> None:
    answer = administrator.post(
        "/organisation/people/new/",
        {"first_names": "Luc", "name": "Dubois", "ssin": "93051822362", "language": "fr"},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Dubois"' in page
    assert re.search(r'<ul class="errorlist"[^>]*id="id_ssin_error"', page)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not Person.objects.filter(name="Dubois").exists()


def test_the_national_number_is_shown_once_and_recorded(administrator: Client, hospital: Hospital) -> None:
    assert "85.07.30" not in administrator.get("/organisation/").content.decode()
    answer = administrator.post(f"/organisation/people/{hospital.holder.pk}/ssin/")
    assert "85.07.30-033.28" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AuditEvent.objects.filter(action="ssin_viewed", subject_id=hospital.holder.pk).count() == 1


def test_another_tenants_person_is_not_found(stranger: Client, hospital: Hospital) -> None:
    assert stranger.post(f"/organisation/people/{hospital.holder.pk}/ssin/").status_code == 404
    withdraw = f"/organisation/mandates/{hospital.mandate.pk}/withdraw/"
    assert stranger.post(withdraw, {"withdrawn_on": "2026-01-01"}).status_code == 404


def test_a_viewer_cannot_look_at_a_national_number(viewer: Client, hospital: Hospital) -> None:
    assert viewer.post(f"/organisation/people/{hospital.holder.pk}/ssin/").status_code == 403


def test_a_number_with_an_odd_check_is_added_with_a_warning(
    administrator: Client, hospital: Hospital
) -> None:
    answer = administrator.post(
        "/organisation/identifiers/new/", {"type": "NIHII-HOSPITAL", "value": "71000437"}, follow=True
    )
    page = answer.content.decode()
    assert "not what we expected" in page
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert OrganisationIdentifier.objects.filter(value="71000437").exists()


def test_a_wrong_enterprise_number_is_refused_in_the_readers_language(hospital: Hospital) -> None:
    dutch = signed_in(member(hospital.organisation, Role.ADMINISTRATOR, language="nl"))
    answer = dutch.post("/organisation/identifiers/new/", {"type": "CBE", "value": "0406798007"})
    assert answer.status_code == 422
    assert "De laatste twee cijfers passen niet bij de andere" in answer.content.decode()


def test_a_mandate_is_given_and_withdrawn(administrator: Client, hospital: Hospital) -> None:
    given = {
        "person": str(hospital.holder.pk),
        "identifier": str(hospital.identifier.pk),
        "starts_on": "2026-01-01",
        "reference": "VOLM-1",
    }
    assert administrator.post("/organisation/mandates/new/", given).status_code == 302
    with acting_for([hospital.organisation.pk], as_platform=True):
        mandate = Mandate.objects.get(reference="VOLM-1")
    refused = administrator.post("/organisation/mandates/new/", given | {"ends_on": "2025-12-31"})
    assert refused.status_code == 422
    address = f"/organisation/mandates/{mandate.pk}/withdraw/"
    assert administrator.post(address, {"withdrawn_on": "2026-02-01"}).status_code == 302
    with acting_for([hospital.organisation.pk], as_platform=True):
        mandate.refresh_from_db()
        assert str(mandate.withdrawn_on) == "2026-02-01"
    assert administrator.post(address, {"withdrawn_on": "soon"}, follow=True).status_code == 200


def test_the_history_says_what_happened(administrator: Client) -> None:
    page = administrator.get("/organisation/history/").content.decode()
    assert "Mandate registered" in page
    assert "1 January 2020" in page


def test_the_history_turns_its_pages(administrator: Client, hospital: Hospital) -> None:
    for _ in range(55):
        administrator.post(f"/organisation/people/{hospital.holder.pk}/ssin/")
    first = administrator.get("/organisation/history/").content.decode()
    [cursor] = re.findall(r'href="\?after=([^"]+)"', first)
    second = administrator.get("/organisation/history/", {"after": cursor}).content.decode()
    assert second.count("<time") < 50
    assert "Mandate registered" in second


def test_switching_to_an_organisation_of_ones_own(hospital: Hospital, other_hospital: Hospital) -> None:
    user = member(hospital.organisation, Role.VIEWER)
    both = signed_in(user)
    assert "Clinique Saint-Roch" not in both.get("/").content.decode()
    both.post("/organisation/switch/", {"organisation": str(other_hospital.organisation.pk)})
    assert "Clinique Saint-Roch" not in both.get("/").content.decode()
    with acting_for([other_hospital.organisation.pk], as_platform=True):
        other_hospital.organisation.memberships.create(user=user, role=Role.VIEWER)
    both.post("/organisation/switch/", {"organisation": str(other_hospital.organisation.pk)})
    assert f'<option value="{other_hospital.organisation.pk}" selected' in both.get("/").content.decode()


def test_a_user_without_organisation_is_told_so(db: None) -> None:
    user = User.objects.create_user("nobody@maasdal.example", full_name="No Body", language="en")
    answer = signed_in(user).get("/")
    assert answer.status_code == 403
    assert "No organisation yet" in answer.content.decode()


def test_the_workstation_page_names_this_server(administrator: Client, client: Client) -> None:
    page = administrator.get("/workstation/").content.decode()
    assert "ehportal-agent enrol http://127.0.0.1:8000" in page
    assert "No workstation is enrolled yet" in page
    assert client.get("/workstation/").status_code == 302


def test_the_language_can_be_chosen_before_and_after_signing_in(
    client: Client, administrator: Client
) -> None:
    client.post("/language/", {"language": "de", "next": "/accounts/login/"})
    assert 'lang="de"' in client.get("/accounts/login/").content.decode()
    administrator.post("/language/", {"language": "fr", "next": "/"})
    assert "Demander un certificat" in administrator.get("/").content.decode()


def test_without_a_second_factor_only_its_set_up_opens(hospital: Hospital, client: Client) -> None:
    client.force_login(
        member(hospital.organisation, Role.VIEWER),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    assert client.get("/")["Location"] == "/accounts/2fa/totp/activate/"
    page = client.get("/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/")


def test_pages_carry_no_inline_style_or_script(administrator: Client) -> None:
    for address in ("/", "/organisation/", "/certificates/", "/requests/new/"):
        page = administrator.get(address).content.decode()
        assert " style=" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\son[a-z]+=", page)


def test_signing_in_takes_a_password_and_a_code(client: Client, hospital: Hospital) -> None:
    user = member(hospital.organisation, Role.VIEWER, language="nl")
    user.set_password("een lang wachtwoord van de test")
    user.save()
    secret = give_second_factor(user)
    answer = client.post(
        "/accounts/login/", {"login": user.email, "password": "een lang wachtwoord van de test"}
    )
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/").status_code == 302, "a password alone opens nothing"
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert 'id="id_code_error"' in wrong.content.decode()
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})["Location"] == "/"
    assert "Welkom bij ehportal" in client.get("/").content.decode()


@pytest.mark.parametrize(
    "address", ["/accounts/2fa/", "/accounts/2fa/recovery-codes/generate/", "/accounts/logout/"]
)
def test_the_security_pages_wear_our_clothes(administrator: Client, address: str) -> None:
    page = administrator.get(address, follow=True).content.decode()
    assert 'class="entrance"' in page


def test_unknown_addresses_are_answered_in_our_frame(client: Client, administrator: Client) -> None:
    for visitor in (client, administrator):
        answer = visitor.get("/nowhere/")
        assert answer.status_code == 404
        assert 'class="frame"' in answer.content.decode()
