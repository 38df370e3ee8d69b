"""Which columns the list shows, to whom, and in which order it stands by a click on their heads."""

import re
from typing import Any

from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.models import SavedView
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
    here = hospital.organisation
    for number in range(120):
        environment = Environment.ACCEPTANCE if number % 3 else Environment.PRODUCTION
        status = "revoked" if number % 4 == 0 else "good"
        shelve(here, f"C{number % 40:03}", 100 - number, environment=environment, revocation_status=status)
    for order in ("state", "-state", "name", "-name", "identifier", "environment", "-environment", "-added"):
        pages, query = [], f"?order={order}"
        while query:
            page = viewer.get("/certificates/" + query.replace("&amp;", "&")).content.decode()
            pages.append(ids(page))
            query = next(iter(re.findall(r'href="(\?[^"]+)" rel="next"', page)), "")
        assert [len(one) for one in pages] == [50, 50, 20], order
        assert len({one for some in pages for one in some}) == 120, order
        [back] = re.findall(r'href="(\?[^"]+)" rel="prev"', page)
        before = viewer.get("/certificates/" + back.replace("&amp;", "&")).content.decode()
        assert ids(before) == pages[1], order
        assert 'rel="next"' in before
    for odd in ("7.0b0c9a1e-0000-4000-8000-000000000000", "0.x", "0.", "x" * 500):
        assert len(ids(viewer.get("/certificates/", {"order": "name", "after": odd}).content.decode())) == 50


def ids(page: str) -> list[str]:
    """Return the certificates of the list of all, as they stand in it."""
    return re.findall(r'name="certificate" value="([0-9a-f-]{36})"', page)
