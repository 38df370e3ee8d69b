"""Two people with one page each of a paper, a switch, an installation, a revocation: the later one is told."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.domain.papers import PaperKind, PaperState
from certificates.domain.revocation import RevocationState
from certificates.models import Installation, Paper
from organisations.domain.roles import Role
from organisations.tenancy import acting_for
from tests.certificates.papers.test_papers import SCAN, TODAY, draft
from tests.certificates.renewals.ending import device, install, known, pair
from tests.certificates.web.renewals.test_pages import FORM, address_of
from tests.certificates.web.revocations.endings import revoke
from tests.organisations.web.members import member, signed_in
from tests.organisations.web.test_two_tabs import REFUSED, events, said, seen_of
from tests.support.hospital import Hospital


@pytest.fixture
def first(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR, name="Fien Eerst"))


@pytest.fixture
def later(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR, name="Lars Later"))


def kept(hospital: Hospital, paper: Paper) -> Paper:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Paper.objects.get(pk=paper.pk)


def test_a_paper_that_was_sent_meanwhile(first: Client, later: Client, hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.TEST_CASES)
    page, address = f"/papers/{paper.pk}/", f"/papers/{paper.pk}/move"
    seen = seen_of(later, page, address)
    assert seen == PaperState.DRAFTED
    given = {"to": "sent", "on": str(TODAY), "seen": seen}
    assert REFUSED not in said(first, address, given)
    # It could still end: but who says so looks at a paper that was not sent.
    answer = said(later, address, given | {"to": "ended"})
    assert REFUSED in answer
    assert "Fien Eerst: Paper sent (" in answer
    assert kept(hospital, paper).state == PaperState.SENT
    assert REFUSED not in said(later, address, given | {"to": "ended", "seen": "sent"})


def test_a_signed_copy_that_came_meanwhile_is_not_replaced(
    first: Client, later: Client, hospital: Hospital
) -> None:
    paper = draft(hospital, PaperKind.MANDATE)
    page, address = f"/papers/{paper.pk}/", f"/papers/{paper.pk}/upload"
    seen = seen_of(later, page, address)
    for client, content in ((first, SCAN), (later, SCAN + b"\n")):
        scan = SimpleUploadedFile("scan.pdf", content, "application/pdf")
        text = client.post(address, {"copy": scan, "seen": seen}, follow=True).content.decode()
    assert REFUSED in text
    assert "Fien Eerst: Signed copy kept" in text
    assert first.get(f"{page}copy").content == SCAN
    scan = SimpleUploadedFile("scan.pdf", SCAN + b"\n", "application/pdf")
    again = {"copy": scan, "seen": seen_of(later, page, address)}
    assert REFUSED not in later.post(address, again, follow=True).content.decode()
    assert first.get(f"{page}copy").content == SCAN + b"\n", "who has seen the first one may replace it"


def test_a_switch_that_was_confirmed_meanwhile(first: Client, later: Client, hospital: Hospital) -> None:
    old, _new = pair(hospital)
    address = address_of(old, "switch")
    seen = seen_of(later, address_of(old), address)
    assert REFUSED not in said(first, address, {"reason": "Door de leverancier", "seen": seen})
    answer = said(later, address, {"reason": "Iets anders", "seen": seen})
    assert REFUSED in answer
    assert re.search(r"Fien Eerst: [^<]*Door de leverancier", answer)
    assert events(hospital, "switch_confirmed") == 1


def test_an_installation_that_was_accepted_meanwhile(
    first: Client, later: Client, hospital: Hospital
) -> None:
    old, _new = pair(hospital)
    installation = install(hospital, old)
    address = f"/installations/{installation.pk}/accept"
    assert REFUSED not in said(first, address, {"reason": "Oude reserve"})
    answer = said(later, address, {"reason": "Iets anders"})
    assert REFUSED in answer
    assert re.search(r"Fien Eerst: [^<]*Oude reserve", answer)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Installation.objects.get(pk=installation.pk).accepted_reason == "Oude reserve"


def test_a_revocation_that_was_withdrawn_meanwhile(first: Client, later: Client, hospital: Hospital) -> None:
    revocation = revoke(hospital, RevocationState.AWAITING_SIGNATURE)
    address = f"/revocations/{revocation.pk}/cancel"
    assert "The revocation was withdrawn." in said(first, address, {})
    answer = said(later, address, {})
    assert "Fien Eerst: " in answer
    assert "The revocation was withdrawn. Nothing was sent" not in answer


def test_a_revocation_that_was_asked_meanwhile_says_by_whom_and_keeps_what_was_typed(
    first: Client, later: Client, hospital: Hospital
) -> None:
    certificate = pair(hospital)[0]
    address = f"/certificates/{certificate.pk}/revoke/"
    assert later.get(address).status_code == 200
    given = {"reason": "superseded", "comment": "eerst", "holder_id": str(hospital.holder.pk)}
    assert first.post(address, given).status_code == 302
    answer = later.post(address, given | {"comment": "wat ik typte"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Fien Eerst: " in text
    assert events(hospital, "revocation_asked") == 1
    assert "wat ik typte" in text, "what was typed is still there"


def test_a_renewal_that_was_asked_meanwhile_says_by_whom(
    first: Client, later: Client, hospital: Hospital
) -> None:
    device(hospital)
    certificate = known(hospital)
    address = address_of(certificate, "renew/")
    given = FORM | {"holder_id": str(hospital.holder.pk)}
    assert later.get(address).status_code == 200
    assert "The renewal was requested." in said(first, address, given)
    for late in (given, {"known": "1"}):
        answer = said(later, address, late)
        assert "Fien Eerst: Certificate requested" in answer
    assert events(hospital, "renewal_asked") == 1
