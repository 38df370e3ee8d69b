"""The calendar page: what stands on each day, the way to it, and the feeds beside it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from agent.wire.days import belgian_day
from certificates.domain.lifecycle import Environment
from organisations.domain.roles import Role
from organisations.models import AuditEvent, CalendarFeed, Mandate
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital

TODAY = belgian_day(datetime.now(UTC))


def day_of(page: str, day: object) -> str:
    """The cell of a day."""
    found = re.search(rf'<td[^>]*>\s*<time datetime="{day}">(.*?)</td>', page, re.DOTALL)
    assert found is not None, day
    return found[1]


def shown(client: Client, day: object) -> str:
    return day_of(client.get(f"/calendar/?month={day:%Y-%m}").content.decode(), day)


def test_counts_of_a_day_lead_to_their_list(administrator: Client, hospital: Hospital) -> None:
    here = hospital.organisation
    end = TODAY + timedelta(days=45)
    for number in range(3):
        shelve(here, f"A{number}", 45)
    shelve(here, "TEST", 45, environment=Environment.ACCEPTANCE)
    shelve(here, "DONE", 45)
    shelve(here, "DONE", 900)
    shelve(here, "LATER", 120)
    cell = shown(administrator, end)
    assert "3 end" in cell
    assert "1 ends" in cell
    assert "1 renewed" in cell
    [first, *_more] = re.findall(r'href="([^"]+production)"', cell)
    listed = administrator.get(first.replace("&amp;", "&")).content.decode()
    assert all(f"A{number}" in listed for number in range(3))
    assert "LATER" not in listed
    assert "last safe day for 3" in shown(administrator, end - timedelta(days=10))
    opening = shown(administrator, TODAY + timedelta(days=30))
    assert "1 can be renewed" in opening
    [address] = re.findall(r'href="([^"]+)"', opening)
    listed = administrator.get(address.replace("&amp;", "&")).content.decode()
    assert "LATER" in listed
    assert "A0" not in listed


def test_a_mandate_is_for_who_may_see_it(administrator: Client, viewer: Client, hospital: Hospital) -> None:
    last = TODAY + timedelta(days=12)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.update(ends_on=last)
    assert "Peeters" in shown(administrator, last)
    assert "Peeters" not in shown(viewer, last)
    assert "Peeters" in shown(signed_in(hospital.holder_user), last)


def test_another_tenant_sees_nothing_of_it(
    administrator: Client, stranger: Client, hospital: Hospital
) -> None:
    shelve(hospital.organisation, "A", 45)
    end = TODAY + timedelta(days=45)
    assert "1 ends" in shown(administrator, end)
    assert "ends" not in shown(stranger, end)


@pytest.mark.parametrize(
    "month", ["2026-13", "1999-12", "2101-01", "x", "2026", "²026-01", "2026-1-1", "99999-1"]
)
def test_months_that_do_not_exist(administrator: Client, month: str) -> None:
    assert administrator.get("/calendar/", {"month": month}).status_code == 404


@pytest.mark.parametrize(("month", "edge"), [("2000-01", "prev"), ("2100-12", "next")])
def test_the_edges_of_the_calendar(administrator: Client, month: str, edge: str) -> None:
    page = administrator.get("/calendar/", {"month": month}).content.decode()
    assert f'rel="{edge}"' not in page


def test_nobody_without_signing_in(hospital: Hospital) -> None:
    assert Client().get("/calendar/").status_code == 302
    assert Client().post("/calendar/feeds/make", {"name": "x", "of": "own"}).status_code == 302


def make(client: Client, of: str, name: str = "Outlook") -> str:
    """Make a feed on the page; return its path, which the page shows once."""
    page = client.post("/calendar/feeds/make", {"name": name, "of": of})
    assert page.status_code == 200, page.content
    found = re.search(r"<code>[^<]*?(/calendar/feeds/[\w-]{43}\.ics)</code>", page.content.decode())
    assert found is not None
    return found[1]


def test_a_feed_is_shown_once_used_and_revoked(administrator: Client, hospital: Hospital) -> None:
    address = make(administrator, "organisation", "Team <ICT>")
    page = administrator.get("/calendar/").content.decode()
    assert address not in page
    assert "Team &lt;ICT&gt;" in page
    assert "never read" in page
    assert Client().get(address).status_code == 200
    page = administrator.get("/calendar/").content.decode()
    assert "last read" in page
    [revoke] = re.findall(r'action="(/calendar/feeds/[0-9a-f-]{36}/revoke)"', page)
    colleague = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    assert colleague.post(revoke).status_code == 302
    assert Client().get(address).status_code == 404
    history = administrator.get("/organisation/history/").content.decode()
    assert "Calendar feed made" in history
    assert "Calendar feed revoked" in history


def test_who_may_make_and_revoke_which(
    administrator: Client, viewer: Client, stranger: Client, hospital: Hospital
) -> None:
    assert viewer.post("/calendar/feeds/make", {"name": "x", "of": "organisation"}).status_code == 403
    make(viewer, "own")
    make(administrator, "organisation")
    own, shared = _feeds(hospital)
    for client in (administrator, stranger):
        assert client.post(f"/calendar/feeds/{own}/revoke").status_code == 404
    for client in (viewer, stranger):
        assert client.post(f"/calendar/feeds/{shared}/revoke").status_code == 404
    assert viewer.get(f"/calendar/feeds/{shared}/revoke").status_code == 405
    assert viewer.post(f"/calendar/feeds/{own}/revoke").status_code == 302


def _feeds(hospital: Hospital) -> tuple[str, str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        made = AuditEvent.objects.filter(action="feed_made")
        return tuple(  # type: ignore[return-value]  # two of them
            str(made.get(details__whose=whose).subject_id) for whose in ("own", "organisation")
        )


def test_names_and_numbers_of_feeds_are_bounded(administrator: Client, hospital: Hospital) -> None:
    for name in ("", "  ", "x" * 61):
        answer = administrator.post("/calendar/feeds/make", {"name": name, "of": "own"})
        assert answer.status_code == 422
        assert "at most 60 characters" in answer.content.decode()
    for _one in range(20):
        make(administrator, "own")
    answer = administrator.post("/calendar/feeds/make", {"name": "x", "of": "own"})
    assert answer.status_code == 422
    with acting_for([], user=UUID(administrator.session["_auth_user_id"])):
        assert CalendarFeed.objects.count() == 20


def test_it_costs_the_same_for_few_and_many(administrator: Client, hospital: Hospital) -> None:
    shelve(hospital.organisation, "A", 20)
    _page, few = own_queries(administrator, "/calendar/")
    for number in range(20):
        shelve(hospital.organisation, f"B{number}", 10 + number)
    assert own_queries(administrator, "/calendar/")[1] == few
