"""Papers: every page for every role, other tenants see none of it, and the numbers stay with those who may see them."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from certificates.domain.papers import MAX_COPY_BYTES, PaperKind, PaperState
from certificates.models import Paper
from certificates.papers.words import words_in
from certificates.web.papers.words import PAPER_EXPLANATIONS, PAPER_MOVES, PAPER_STATES
from organisations.domain.roles import Role
from organisations.models import User
from organisations.tenancy import acting_for
from tests.certificates.papers.test_papers import SCAN, TODAY, VALUES, draft
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital

KINDS = [kind for kind in PaperKind if kind is not PaperKind.FOREIGN_DECLARATION]


def _kept(hospital: Hospital, paper: Paper) -> Paper:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Paper.objects.get(pk=paper.pk)


def _form(hospital: Hospital, **changes: object) -> dict[str, object]:
    return (
        VALUES
        | {
            "language": "fr",
            "identifier_id": str(hospital.identifier.pk),
            "person_id": str(hospital.holder.pk),
            "starts_on": TODAY.isoformat(),
            "ends_on": (TODAY + timedelta(days=30)).isoformat(),
        }
        | changes
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_filled_in_and_downloaded(
    administrator: Client, hospital: Hospital, kind: PaperKind
) -> None:
    page = administrator.get(f"/papers/new/{kind.value}/")
    assert page.status_code == 200
    answer = administrator.post(f"/papers/new/{kind.value}/", _form(hospital))
    assert answer.status_code == 302, answer.content
    address = answer["Location"]
    shown = administrator.get(address)
    assert shown.status_code == 200
    assert hospital.holder.read_ssin()[-5:] not in shown.content.decode()
    document = administrator.get(f"{address}document")
    assert document["Content-Type"] == "application/pdf"
    assert document["Content-Disposition"].startswith("attachment;")
    assert document.content.startswith(b"%PDF-")
    assert b"/Lang (fr)" in document.content


def test_the_pages_and_their_queries(administrator: Client, hospital: Hospital) -> None:
    papers = [draft(hospital, PaperKind.TEST_CASES, ends_on=TODAY + timedelta(days=days)) for days in (9, 99)]
    page, made = own_queries(administrator, "/papers/")
    assert (page.status_code, made) == (200, 2)
    assert page.content.decode().count("Ends soon") >= 2, "above the list and in its row"
    page, made = own_queries(administrator, f"/papers/{papers[0].pk}/")
    assert (page.status_code, made) == (200, 2)
    assert "environment-band" in page.content.decode()
    assert "9 days left" in page.content.decode()
    page, made = own_queries(administrator, "/papers/new/")
    assert (page.status_code, made) == (200, 0)
    for address in ("/papers/?kind=mandate", "/papers/?kind=nothing&state=x", "/papers/?state=sent&after=x"):
        assert "No paper fits" in administrator.get(address).content.decode()


def test_the_list_goes_on(administrator: Client, hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.web.papers.pages.SIZE", 1)
    for _ in range(2):
        draft(hospital, PaperKind.TEST_CASES)
    first = administrator.get("/papers/").content.decode()
    cursor = first.split("&amp;after=")[1].split('"')[0]
    second = administrator.get("/papers/", {"after": cursor}).content.decode()
    assert "&amp;after=" not in second
    assert "eHealthBox v3" in second


def test_the_reader_s_language_is_chosen(administrator: Client, hospital: Hospital) -> None:
    address = "/papers/new/mandate/"
    assert '<option value="nl" selected' in administrator.get(address).content.decode()
    User.objects.filter(pk=hospital.administrator.pk).update(language="fr")
    assert '<option value="fr" selected' in signed_in(hospital.administrator).get(address).content.decode()


def test_what_is_wrong_stands_at_its_field(administrator: Client, hospital: Hospital) -> None:
    answer = administrator.post("/papers/new/mandate/", _form(hospital, representative_name="張 偉"))
    assert answer.status_code == 422
    assert "張 偉" in answer.content.decode(), "what was typed stays"
    assert "Latin letters" in answer.content.decode()
    answer = administrator.post("/papers/new/test_cases/", _form(hospital, ends_on=""))
    assert answer.status_code == 422
    for address in ("/papers/new/nothing/", "/papers/new/foreign_declaration/"):
        assert administrator.get(address).status_code == 404


def test_a_paper_moves_on(administrator: Client, hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.TEST_CASES)
    address = f"/papers/{paper.pk}/"
    for to in ("sent", "accepted", "ended"):
        answer = administrator.post(f"{address}move", {"to": to, "on": TODAY.isoformat()}, follow=True)
        assert "Noted." in answer.content.decode()
    assert _kept(hospital, paper).state == PaperState.ENDED
    for bad in ({"to": "sent", "on": TODAY.isoformat()}, {"to": "x", "on": "x"}, {"to": "sent"}, {}):
        answer = administrator.post(f"{address}move", bad, follow=True)
        assert 'class="notice bad"' in answer.content.decode()


def test_a_signed_copy_is_uploaded_and_comes_back_as_it_was(
    administrator: Client, hospital: Hospital
) -> None:
    paper = draft(hospital, PaperKind.MANDATE)
    address = f"/papers/{paper.pk}/"
    assert administrator.get(f"{address}copy").status_code == 404
    for content in (b"<html>", b"", SCAN + b"\0" * MAX_COPY_BYTES):
        scan = SimpleUploadedFile("scan.pdf", content, "application/pdf")
        answer = administrator.post(f"{address}upload", {"copy": scan}, follow=True)
        assert "must be one PDF" in answer.content.decode()
    assert "must be one PDF" in administrator.post(f"{address}upload", follow=True).content.decode()
    scan = SimpleUploadedFile("../../85073003328.pdf", SCAN, "application/pdf")
    answer = administrator.post(f"{address}upload", {"copy": scan}, follow=True)
    assert "The signed copy is kept." in answer.content.decode()
    copy = administrator.get(f"{address}copy")
    assert copy.content == SCAN
    assert "85073003328" not in copy["Content-Disposition"]


def test_other_tenants_and_roles_and_strangers(stranger: Client, viewer: Client, hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.MANDATE)
    open_paper = draft(hospital, PaperKind.TEST_CASES)
    address = f"/papers/{paper.pk}/"
    for path in ("", "document", "copy"):
        assert stranger.get(address + path).status_code == 404
    for path in ("move", "upload"):
        assert stranger.post(address + path).status_code == 404
    assert viewer.get(address).status_code == 200
    assert "document" not in viewer.get(address).content.decode()
    for path in ("document", "copy"):
        assert viewer.get(address + path).status_code == 403
    for path in ("move", "upload"):
        assert viewer.post(address + path).status_code == 403
    for path in ("/papers/new/", "/papers/new/mandate/"):
        assert viewer.get(path).status_code == 403
    assert viewer.get(f"/papers/{open_paper.pk}/document").status_code == 200
    auditor = signed_in(member(hospital.organisation, Role.AUDITOR))
    assert auditor.get(address + "document").status_code == 403
    for path in ("/papers/", "/papers/new/", address, address + "document"):
        assert Client().get(path).status_code == 302
    assert stranger.get("/papers/").content.decode().count(str(paper.pk)) == 0


def test_french_words_for_papers_agree_with_every_kind_of_paper() -> None:
    """A declaration and a procuration are feminine, a document and a mandate masculine."""
    with translation.override("fr"):
        said = [str(one.text) for one in PAPER_STATES.values()]
        said += [str(one) for one in (*PAPER_MOVES.values(), *PAPER_EXPLANATIONS.values())]
        said += [gettext(one) for one in ("Where it stands", "Drawn up", "Sent", "Accepted", "Ended")]
        said.append(words_in("fr").common["drawn_up"])
    gendered = re.compile(r"^(?:Établi|Envoyé|Accepté|Terminé)e?\b|\b(?:[Ee]lle|[Ii]l) |qu'(?:il|elle) ")
    assert [text for text in said if gendered.search(text) or " comme " in text] == []
