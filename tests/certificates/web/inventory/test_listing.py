"""The list of certificates: filters, order, pages both ways, counts, views, several at once, what goes out as CSV."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from django.test import Client

from certificates.models import Carer, Certificate, CertificateRequest, Note, Revocation, SavedView, Tag
from certificates.selectors import inventory
from certificates.web.inventory import export
from certificates.web.parts.tables import TableForm, defused
from organisations.domain.roles import Role
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital


def names(client: Client, **query: str) -> list[str]:
    """Return the ApplicationIds of the list of all."""
    page = client.get("/certificates/", query).content.decode().partition('id="all"')[2]
    return re.findall(r'<a href="/certificates/[0-9a-f-]{36}/">(\w+)<span', page)


def do(client: Client, what: str, *certificates: Certificate, confirmed: bool = True, **more: str) -> Any:
    """Do something with several certificates, or look at what it would do."""
    data: dict[str, Any] = {"do": what, "certificate": [str(one.pk) for one in certificates], **more}
    return client.post(
        "/certificates/several", data | ({"confirmed": "yes"} if confirmed else {}), follow=True
    )


def rows(hospital: Hospital, model: Any) -> list[Any]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(model.objects.all())


def test_what_needs_someone_stands_first(viewer: Client, hospital: Hospital) -> None:
    for name, days in (("OVER", -5), ("LONGOVER", -500), ("SOON", 20), ("LATER", 400), ("TWICE", 30)):
        shelve(hospital.organisation, name, days)
    shelve(hospital.organisation, "TWICE", 1000)
    page = viewer.get("/certificates/").content.decode()
    first = page.partition('id="needs"')[2].partition('id="all"')[0]
    assert re.findall(r">(\w+)<span class=\"hidden-but-read\"> – CBE", first) == ["OVER", "SOON"]
    assert names(viewer, status="needs") == ["OVER", "SOON"]
    assert 'id="needs"' not in viewer.get("/certificates/", {"q": "soon"}).content.decode()


def test_filters_narrow_together(viewer: Client, administrator: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APOTHEEK", 400)
    shelve(hospital.organisation, "LABO", 30)
    do(administrator, "tag", one, tag="Oost")
    end = one.not_after.date()
    assert names(viewer, tag="oost") == ["APOTHEEK"]
    assert names(viewer, application="LABO") == ["LABO"]
    assert names(viewer, ends_from=end.isoformat()) == ["APOTHEEK"]
    assert names(viewer, ends_until=end.isoformat(), q="apo") == ["APOTHEEK"]
    assert names(viewer, ends_until=end.isoformat(), tag="west") == []
    assert names(viewer, order="latest") == ["APOTHEEK", "LABO"]
    assert names(viewer, ends_until="9999-12-31") == ["LABO", "APOTHEEK"]


def test_a_filter_that_cannot_be_read_says_so(viewer: Client, hospital: Hospital) -> None:
    shelve(hospital.organisation, "LABO", 30)
    for query in (
        {"ends_from": "yesterday"},
        {"cared_for_by": "x"},
        {"order": "odd"},
        {"environment": "moon"},
    ):
        page = viewer.get("/certificates/", query).content.decode()
        assert 'role="alert"' in page, query
        assert names(viewer, **query) == []


def test_pages_turn_both_ways(viewer: Client, hospital: Hospital) -> None:
    for index in range(120):
        shelve(hospital.organisation, f"C{index:03}", 100 + index)

    def follow(page: str, rel: str) -> str:
        [address] = re.findall(rf'href="(\?[^"]+)" rel="{rel}"', page)
        return viewer.get("/certificates/" + address.replace("&amp;", "&")).content.decode()

    def shown(page: str) -> list[str]:
        return re.findall(r">(C\d{3})<span", page.partition('id="all"')[2])

    first = viewer.get("/certificates/").content.decode()
    assert 'rel="prev"' not in first
    second = follow(first, "next")
    third = follow(second, "next")
    assert shown(third) == [f"C{index:03}" for index in range(100, 120)]
    assert 'rel="next"' not in third
    back = follow(third, "prev")
    assert shown(back) == shown(second)
    assert shown(follow(back, "prev")) == shown(first)
    assert 'rel="prev"' not in follow(back, "prev")


def test_the_count_is_told_and_beyond_a_bound_about(
    viewer: Client, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(4):
        shelve(hospital.organisation, f"C{index}", 100)
    assert viewer.get("/certificates/count").content.decode().strip() == "4 certificates"
    assert (
        viewer.get("/certificates/count", {"application": "C2"}).content.decode().strip() == "1 certificate"
    )
    monkeypatch.setattr(inventory, "MOST_COUNTED", 2)
    assert re.fullmatch(r"about \d+ certificates", viewer.get("/certificates/count").content.decode().strip())


def test_a_view_is_kept_shared_and_removed(administrator: Client, viewer: Client, hospital: Hospital) -> None:
    shelve(hospital.organisation, "LABO", 30)
    own = viewer.post("/certificates/views/save", {"name": "Mine", "query": "q=labo&odd=1"}, follow=True)
    assert "Mine" in own.content.decode()
    assert [view.query for view in rows(hospital, SavedView)] == ["q=labo"]
    assert "Mine" not in administrator.get("/certificates/").content.decode()
    refused = viewer.post("/certificates/views/save", {"name": "All", "query": "q=labo", "shared": "yes"})
    assert refused.status_code == 403
    administrator.post("/certificates/views/save", {"name": "Team", "query": "q=labo", "shared": "yes"})
    again = administrator.post(
        "/certificates/views/save", {"name": "Team", "query": "q=x", "shared": "yes"}, follow=True
    )
    assert "There is a view of this name already" in again.content.decode()
    assert 'href="?q=labo"' in viewer.get("/certificates/").content.decode()
    number = {"name": "Of 85.07.30-033.28", "query": "q=85073003328"}
    administrator.post("/certificates/views/save", number)
    kept = [f"{view.name} {view.query}" for view in rows(hospital, SavedView)]
    assert not any("033" in one for one in kept), "no national number stands in a view"
    of_number = next(view for view in rows(hospital, SavedView) if view.name.startswith("Of"))
    administrator.post(f"/certificates/views/{of_number.pk}/remove")
    [team] = [view for view in rows(hospital, SavedView) if view.name == "Team"]
    assert viewer.post(f"/certificates/views/{team.pk}/remove").status_code == 403
    administrator.post(f"/certificates/views/{team.pk}/remove")
    assert [view.name for view in rows(hospital, SavedView)] == ["Mine"]


def test_several_get_a_tag_after_a_look(administrator: Client, hospital: Hospital) -> None:
    one, two = shelve(hospital.organisation, "LABO", 30), shelve(hospital.organisation, "APO", 40)
    do(administrator, "tag", one, tag="oost")
    look = do(administrator, "tag", one, two, tag="  OOST ", confirmed=False).content.decode()
    assert "This happens with 1 certificate" in look
    assert "has it already" in look
    assert len(rows(hospital, Tag)) == 1, "nothing is done before it was confirmed"
    assert "1 certificate was changed" in do(administrator, "tag", one, two, tag="oost").content.decode()
    assert "2 certificates were changed" in do(administrator, "untag", one, two, tag="oost").content.decode()
    assert rows(hospital, Tag) == []
    told = [event.action for event in rows(hospital, AuditEvent)]
    assert told.count("certificate_tagged") == told.count("certificate_untagged") == 2


def test_several_are_given_to_a_member_only(
    administrator: Client, viewer: Client, stranger: Client, hospital: Hospital
) -> None:
    one, two = shelve(hospital.organisation, "LABO", 30), shelve(hospital.organisation, "APO", 40)
    user = member(hospital.organisation, Role.VIEWER, name="Tom")
    assert do(viewer, "give", one, owner=str(user.pk)).status_code == 403
    do(administrator, "give", one, two, owner=str(user.pk))
    assert {carer.user_id for carer in rows(hospital, Carer)} == {user.pk}
    assert names(administrator, cared_for_by=str(user.pk)) == ["LABO", "APO"]
    do(administrator, "give", one, owner="")
    assert [carer.certificate_id for carer in rows(hospital, Carer)] == [two.pk]
    do(administrator, "something else", two)
    assert [carer.certificate_id for carer in rows(hospital, Carer)] == [two.pk]
    outsider = stranger.session["_auth_user_id"]
    assert do(administrator, "give", one, owner=outsider).status_code == 404
    assert "No certificate was chosen" in do(stranger, "give", one, owner="").content.decode()


def test_what_can_be_renewed_is_and_the_rest_says_why(administrator: Client, hospital: Hospital) -> None:
    contact = {"email_private": "it@example.org", "phone_private": "+3215000000", "base_service_usages": []}
    ready = [shelve(hospital.organisation, f"R{number}", 30, contact_data=contact) for number in range(3)]
    lacking = shelve(hospital.organisation, "LACKS", 30)
    early = shelve(hospital.organisation, "EARLY", 400)
    look = do(administrator, "renew", *ready, lacking, early, confirmed=False).content.decode()
    assert "This happens with 4 certificates" in look
    assert "Nothing happens with 1 certificate" in look
    assert 'name="email_private"' in look
    wrong = do(administrator, "renew", lacking, email_private="els@", phone_private="+3215111111")
    assert wrong.status_code == 422
    assert 'value="+3215111111"' in wrong.content.decode(), "what was typed stays"
    assert rows(hospital, CertificateRequest) == []
    page = do(
        administrator,
        "renew",
        *(*ready, lacking, early),
        email_private="els@example.org",
        phone_private="+3215111111",
    ).content.decode()
    assert "4 renewals were asked for" in page
    made = {request.replaces_id: request for request in rows(hospital, CertificateRequest)}
    assert set(made) == {one.pk for one in (*ready, lacking)}
    assert made[lacking.pk].email_private == "els@example.org"
    assert made[ready[0].pk].email_private == "it@example.org"


def test_the_table_goes_out_defused(administrator: Client, viewer: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 30)
    shelve(hospital.organisation, "APO", 40)
    do(administrator, "tag", one, tag="=cmd|' /C calc'!A0")
    answer = viewer.get("/certificates/export", {"q": "labo"})
    text = answer.content.decode("utf-8-sig")
    [head, row] = list(csv.reader(io.StringIO(text)))
    assert head[0] == "ApplicationId"
    assert row[0] == "LABO"
    assert row[-1].startswith("'=cmd")
    assert (
        len(list(csv.reader(io.StringIO(viewer.get("/certificates/export").content.decode("utf-8-sig")))))
        == 3
    )
    ticked = do(viewer, "export", one)
    assert ticked["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+32", "'+32"),
        ("-a", "'-a"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, shown: str) -> None:
    assert defused(cell) == shown


def test_notes_and_watching(administrator: Client, viewer: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 30)
    address = f"/certificates/{one.pk}/"
    assert (
        "The note is empty"
        in administrator.post(address + "care", {"do": "note", "note": " "}, follow=True).content.decode()
    )
    administrator.post(address + "care", {"do": "note", "note": "Ask Jan, 85.07.30-033.28 <b>"})
    page = viewer.get(address).content.decode()
    assert "Ask Jan" in page
    assert "&lt;b&gt;" in page
    assert "85.07.30-033.28" not in page
    assert viewer.post(address + "care", {"do": "note", "note": "x"}).status_code == 403
    viewer.post(address + "watch", {"watching": "yes"})
    viewer.post(address + "watch", {"watching": "yes"})
    assert [carer.caring for carer in rows(hospital, Carer)] == ["watcher"]
    viewer.post(address + "watch", {"watching": "no"})
    assert rows(hospital, Carer) == []
    [note] = rows(hospital, Note)
    administrator.post(address + "care", {"do": "forget", "note": str(note.pk)})
    assert rows(hospital, Note) == []


def test_the_lists_queries_do_not_grow(hospital: Hospital) -> None:
    client = signed_in(member(hospital.organisation, Role.VIEWER, name="Vera"))
    shelve(hospital.organisation, "A", 400)
    few = own_queries(client, "/certificates/")[1]
    for number in range(30):
        shelve(hospital.organisation, f"B{number}", 20 + number)
    assert own_queries(client, "/certificates/")[1] == few


def whole(answer: Any) -> bytes:
    """Return what a download says."""
    content: bytes = answer.content
    return content


def test_a_workbook_holds_text_alone(viewer: Client, administrator: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 30, holder_name="=1+1")
    shelve(hospital.organisation, "APOTHEEK", 400)
    do(administrator, "tag", one, tag="=hyperlink(1)")
    answer = viewer.get("/certificates/export", {"as": "xlsx", "q": "labo"})
    assert answer["Content-Disposition"].endswith('.xlsx"')
    [head, row] = openpyxl.load_workbook(io.BytesIO(whole(answer))).active.iter_rows()
    assert next(cell.value for cell in head) == "ApplicationId"
    said = {cell.value for cell in row}
    assert {"LABO", "=1+1", "=hyperlink(1)", one.fingerprint} <= said
    assert {cell.data_type for cell in row if cell.value is not None} == {"s"}, "nothing is computed"
    ticked = do(viewer, "export-xlsx", one)
    assert "sheet" in ticked["Content-Type"]
    assert whole(ticked)
    everything = whole(viewer.get("/certificates/export", {"as": "xlsx"}))
    assert len(list(openpyxl.load_workbook(io.BytesIO(everything)).active.iter_rows())) == 3


def test_the_end_of_several_is_asked_for_with_one_reason(administrator: Client, hospital: Hospital) -> None:
    one, two = (shelve(hospital.organisation, name, 400) for name in ("LABO", "APOTHEEK"))
    over = shelve(hospital.organisation, "OVER", -3)
    foreign = shelve(hospital.organisation, "ELDERS", 400, identifier_value="0809394427")
    chosen = (one, two, over, foreign)
    page = do(administrator, "revoke", *chosen, confirmed=False).content.decode()
    will, _, will_not = page.partition('id="will-not"')
    assert will.count("An Marie Peeters") == 2
    assert "has ended or was revoked already" in will_not
    assert "nobody is mandated" in will_not
    assert rows(hospital, Revocation) == []
    assert do(administrator, "revoke", *chosen).status_code == 422, "without a reason"
    given: dict[str, Any] = {"reason": "cessationOfOperation", "comment": "Server gaat uit, 85.07.30-033.28"}
    do(administrator, "revoke", *chosen, **given)
    made = rows(hospital, Revocation)
    assert {row.certificate_id for row in made} == {one.pk, two.pk}
    assert {row.reason for row in made} == {"cessationOfOperation"}
    assert all("85.07.30-033.28" not in row.comment for row in made)
    again = do(administrator, "revoke", *chosen, confirmed=False).content.decode()
    assert again.count("its revocation is on its way") == 2
    do(administrator, "revoke", *chosen, **given)
    assert len(rows(hospital, Revocation)) == 2


def test_a_person_s_own_is_not_ended_with_others(administrator: Client, hospital: Hospital) -> None:
    own = shelve(
        hospital.organisation, "", 400, identifier_type="SSIN", identifier_value="", ssin_index="x" * 64,
        owner=hospital.holder, shared_at=datetime.now(UTC),
    )  # fmt: skip
    page = do(administrator, "revoke", own, confirmed=False).content.decode()
    assert "on its own page" in page


def test_whoever_may_not_revoke_asks_for_no_end(viewer: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 400)
    assert do(viewer, "revoke", one).status_code == 403
    assert "Ask for their end" not in viewer.get("/certificates/").content.decode()


def test_a_workbook_of_too_many_is_not_begun(
    viewer: Client, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(export.MOST_ROWS, TableForm.XLSX, 1)
    for name in ("LABO", "APOTHEEK"):
        shelve(hospital.organisation, name, 30)
    answer = viewer.get("/certificates/export", {"as": "xlsx"}, follow=True)
    assert "at most 20,000 certificates" in answer.content.decode()
    assert whole(viewer.get("/certificates/export", {"as": "xlsx", "q": "labo"}))
