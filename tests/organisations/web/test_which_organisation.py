"""In which organisation a session works: where its owner last chose to, and never where a link leads by itself."""

import pytest
from django.test import Client

from organisations.domain.roles import Role
from organisations.models import Membership, User
from organisations.tenancy import acting_for
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital, make_hospital


@pytest.fixture
def both(hospital: Hospital, other_hospital: Hospital) -> User:
    """A member of AZ Sint-Elisabeth and of Clinique Saint-Roch, which the alphabet puts second."""
    user = member(hospital.organisation, Role.ADMINISTRATOR)
    with acting_for([other_hospital.organisation.pk], as_platform=True):
        Membership.objects.create(
            organisation=other_hospital.organisation, user=user, role=Role.ADMINISTRATOR
        )
    return user


def here(client: Client) -> str:
    page = client.get("/organisation/").content.decode()
    return page.split("<h1>")[1].split("</h1>")[0]


def test_the_next_session_opens_where_the_last_one_worked(both: User, other_hospital: Hospital) -> None:
    first = signed_in(both)
    assert here(first) == "AZ Sint-Elisabeth Maasdal"
    answer = first.post("/organisation/switch/", {"organisation": str(other_hospital.organisation.pk)})
    assert answer["Location"] == "/"
    assert here(first) == here(signed_in(both)) == "Clinique Saint-Roch"


def test_an_organisation_that_was_left_is_not_opened(both: User, other_hospital: Hospital) -> None:
    signed_in(both).post("/organisation/switch/", {"organisation": str(other_hospital.organisation.pk)})
    with acting_for([other_hospital.organisation.pk], as_platform=True):
        Membership.objects.filter(user=both, organisation=other_hospital.organisation).delete()
    assert here(signed_in(both)) == "AZ Sint-Elisabeth Maasdal"


def test_a_link_changes_nothing_by_itself(both: User, other_hospital: Hospital) -> None:
    """A letter's link says in which organisation it leads; a button goes there."""
    client, key = signed_in(both), str(other_hospital.organisation.pk)
    link = f"/organisation/?organisation={key}"
    page = client.get(link)
    assert page.status_code == 200
    text = page.content.decode()
    assert "It leads to Clinique Saint-Roch; you are working for AZ Sint-Elisabeth Maasdal now." in text
    assert here(client) == "AZ Sint-Elisabeth Maasdal"
    assert here(signed_in(both)) == "AZ Sint-Elisabeth Maasdal"
    there = client.post("/organisation/switch/", {"organisation": key, "next": link}, follow=True)
    assert there.redirect_chain == [(link, 302)]
    assert "<h1>Clinique Saint-Roch</h1>" in there.content.decode()


@pytest.mark.parametrize("address", ["/", "/certificates/", "/requests/", "/organisation/history/"])
def test_every_page_asks_first(both: User, other_hospital: Hospital, address: str) -> None:
    client = signed_in(both)
    page = client.get(f"{address}?organisation={other_hospital.organisation.pk}").content.decode()
    assert "This page is of another organisation" in page
    assert client.session.get("organisation") is None


def test_links_into_the_present_or_a_strange_organisation_just_open(both: User, hospital: Hospital) -> None:
    stranger = make_hospital(name="Kliniek Drie", cbe="0809394427", ssin="93051822361")
    client = signed_in(both)
    for key in (str(hospital.organisation.pk), str(stranger.organisation.pk), "nonsense"):
        page = client.get(f"/organisation/?organisation={key}").content.decode()
        assert "<h1>AZ Sint-Elisabeth Maasdal</h1>" in page


def test_switching_leads_to_no_other_site(both: User, other_hospital: Hospital) -> None:
    client, key = signed_in(both), str(other_hospital.organisation.pk)
    for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post("/organisation/switch/", {"organisation": key, "next": target})
        assert answer["Location"] == "/"
    assert client.get("/organisation/switch/").status_code == 405


def test_opening_where_one_worked_costs_nothing_more(both: User) -> None:
    client = signed_in(both)
    before = own_queries(client, "/organisation/")[1]
    User.objects.filter(pk=both.pk).update(last_organisation=None)
    assert own_queries(client, "/organisation/")[1] == before
