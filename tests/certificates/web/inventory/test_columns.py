"""Which columns the list shows, to whom, and in which order it stands by a click on their heads."""

import re
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, SavedView
from certificates.selectors.filters import CertificateFilters
from certificates.selectors.inventory import listed
from certificates.selectors.listing.orders import BACK, ORDERS, order_named
from organisations.keyset import Page
from organisations.tenancy import acting_for
from tests.certificates.web.inventory.test_listing import names
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital


def heads(client: Client, **query: str) -> list[str]:
    """Return the heads of the list of all."""
    page = client.get("/certificates/", query).content.decode().partition('id="all"')[2]
    row = page.partition("<thead>")[2].partition("</thead>")[0]
    return re.findall(r">([^<>]+)(?:</a>)?</th>", row)


def choose(client: Client, *columns: str, **more: str) -> Any:
    return client.post("/certificates/columns", {"column": columns, **more}, follow=True)


def test_everybody_has_columns_of_their_own(
    administrator: Client, viewer: Client, hospital: Hospital
) -> None:
    shelve(hospital.organisation, "LABO", 400, holder_name="Labo van het huis")
    usual = ["Certificate", "Environment", "State", "Ends", "Begun", "Key"]
    assert heads(viewer) == usual
    choose(viewer, "serial", "end", "owner", "nothing", "end")
    assert heads(viewer) == ["Certificate", "Serial number", "Ends", "Owner"]
    assert heads(administrator) == usual
    moved = choose(viewer, "serial", "end", "owner", later="serial", query="q=labo&columns=key")
    assert heads(viewer) == ["Certificate", "Ends", "Serial number", "Owner"]
    assert 'id="columns" open' in moved.content.decode(), "whoever moves one goes on moving"
    assert "q=labo" in moved.redirect_chain[-1][0]
    choose(viewer, "end", "serial", "owner", earlier="end")
    assert heads(viewer) == ["Certificate", "Ends", "Serial number", "Owner"]
    choose(viewer)
    assert heads(viewer) == ["Certificate"]
    choose(viewer, "serial", usual="yes")
    assert heads(viewer) == usual


def test_a_view_may_have_columns(viewer: Client, hospital: Hospital) -> None:
    shelve(hospital.organisation, "LABO", 400)
    choose(viewer, "serial")
    save = {"name": "Mine", "query": "q=labo"}
    viewer.post("/certificates/views/save", save | {"with_columns": "yes"})
    viewer.post("/certificates/views/save", save | {"name": "Without"})
    choose(viewer, "key", "owner")
    with acting_for([hospital.organisation.pk], as_platform=True):
        queries = {view.name: view.query for view in SavedView.objects.all()}
    assert queries == {"Mine": "q=labo&columns=serial", "Without": "q=labo"}
    assert heads(viewer, q="labo", columns="serial") == ["Certificate", "Serial number"]
    assert heads(viewer, q="labo") == ["Certificate", "Key", "Owner"]
    page = viewer.get("/certificates/", {"columns": "serial"}).content.decode()
    assert "All certificates" in page, "columns narrow nothing"
    assert "This view has columns of its own" in page


def test_every_column_shows_what_it_says(administrator: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 400, holder_name="Labo van het huis")
    administrator.post(
        "/certificates/several",
        {
            "do": "give",
            "certificate": str(one.pk),
            "owner": administrator.session["_auth_user_id"],
            "confirmed": "yes",
        },
    )
    columns = "environment,state,end,begun,key,number,holder,owner,issuer,serial,revocation,source,added"
    page = administrator.get("/certificates/", {"columns": columns}).content.decode().partition('id="all"')[2]
    cells = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert cells.count("<td") == len(columns.split(",")) + 2
    assert len(heads(administrator, columns=columns)) == len(columns.split(",")) + 1
    for said in (one.serial, one.identifier_value, "Labo van het huis", "RSA", "Imported"):
        assert said in cells, said


def test_the_heads_sort_both_ways(viewer: Client, hospital: Hospital) -> None:
    here = hospital.organisation
    several: list[tuple[str, int, dict[str, Any]]] = [
        ("BETA", 400, {"environment": Environment.ACCEPTANCE}),
        ("ALFA", 500, {}),
        ("GAMMA", 20, {"identifier_value": "0809394427"}),
        ("OVER", -20, {}),
        ("LONG", -500, {}),
        ("GONE", 300, {"revocation_status": "revoked"}),
        ("", 200, {"common_name": "Another's"}),
    ]
    for name, days, more in several:
        shelve(here, name, days, **more)
    every = {"ALFA", "BETA", "GAMMA", "OVER", "LONG", "GONE"}

    def order(which: str) -> list[str]:
        found = names(viewer, order=which)
        assert set(found) - {"Another"} == every
        return [name for name in found if name in every]

    assert order("name") == sorted(every)
    assert order("-name") == sorted(every, reverse=True)
    assert order("environment") == ["LONG", "OVER", "GAMMA", "GONE", "ALFA", "BETA"]
    assert order("-environment") == ["BETA", "ALFA", "GONE", "GAMMA", "OVER", "LONG"]
    assert order("state") == ["OVER", "GAMMA", "BETA", "ALFA", "LONG", "GONE"]
    assert order("-state") == order("state")[::-1]
    assert order("identifier")[-1] == "GAMMA"
    assert order("-identifier")[0] == "GAMMA"
    assert order("added") == ["BETA", "ALFA", "GAMMA", "OVER", "LONG", "GONE"]
    page = viewer.get("/certificates/", {"order": "name", "environment": "production"}).content.decode()
    assert (
        '<th scope="col" aria-sort="ascending"><a class="sort" href="?environment=production&amp;order=-name">'
        in page
    )
    assert 'href="?environment=production&amp;order=environment"' in page


def test_pages_of_any_order_turn_both_ways(viewer: Client, hospital: Hospital) -> None:
    here, now, size = hospital.organisation, datetime.now(UTC), 7
    for number in range(20):
        environment = Environment.ACCEPTANCE if number % 3 else Environment.PRODUCTION
        status = "revoked" if number % 4 == 0 else "good"
        shelve(here, f"C{number % 6:03}", 10 - 12 * number, environment=environment, revocation_status=status)

    def turn(order: str, **where: str) -> Page[Certificate]:
        filters = CertificateFilters({"order": order}, here, now)
        return listed(filters.found, filters.sorted_by, size=size, **where)

    with acting_for([here.pk], as_platform=True):
        for order in ORDERS:
            pages = [turn(order)]
            while (cursor := pages[-1].next_cursor) is not None:
                pages.append(turn(order, after=cursor))
            assert [len(page.rows) for page in pages] == [size, size, 6], order
            every = [one.pk for page in pages for one in page.rows]
            assert len(set(every)) == 20, order
            back = turn(order, before=pages[2].previous_cursor or "")
            assert (back.rows, back.next_cursor) == (pages[1].rows, pages[1].next_cursor), order
            first = turn(order, before=back.previous_cursor or "")
            assert (first.rows, first.previous_cursor) == (pages[0].rows, None), order
            if order in BACK:
                opposite = [
                    one.pk for one in listed(Certificate.objects.all(), order_named(BACK[order], now)).rows
                ]
                assert opposite == every[::-1], order
    for odd in ("7.0b0c9a1e-0000-4000-8000-000000000000", "0.x", "0.", "x" * 500):
        page = viewer.get("/certificates/", {"order": "name", "after": odd}).content.decode()
        assert page.count('name="certificate" value="') == 20
