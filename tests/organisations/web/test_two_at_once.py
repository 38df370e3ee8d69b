"""Two administrators in the same moment: one is first, the other is told; and what was sent survives a second try."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.shortcuts import redirect
from django.test import Client

from certificates.domain.papers import PaperKind
from certificates.web.papers import pages
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Mandate
from organisations.tenancy import acting_for
from tests.certificates.papers.test_papers import SCAN, draft
from tests.certificates.requests.test_at_once import at_once
from tests.certificates.stages import now
from tests.organisations.web.members import member, signed_in
from tests.organisations.web.test_two_tabs import REFUSED, said
from tests.organisations.work.test_deadlocks import after
from tests.support.hospital import Hospital, make_hospital
from tests.support.rival import rival


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital()


def administrators(hospital: Hospital, count: int) -> list[Client]:
    return [signed_in(member(hospital.organisation, Role.ADMINISTRATOR)) for _ in range(count)]


def test_of_four_withdrawals_at_once_one_day_stands(committed: Hospital) -> None:
    address = f"/organisation/mandates/{committed.mandate.pk}/withdraw/"
    clients = list(enumerate(administrators(committed, 4)))
    answers: list[object] = []

    def withdraw() -> tuple[int, str]:
        days, client = clients.pop()
        return days, said(client, address, {"withdrawn_on": str(belgian_day(now()) + timedelta(days=days))})

    today = belgian_day(now())
    at_once(4, answers, withdraw)
    told: dict[int, str] = dict(one for one in answers if isinstance(one, tuple))
    assert len(told) == 4, answers
    [first] = [days for days, text in told.items() if REFUSED not in text]
    with acting_for([committed.organisation.pk], as_platform=True):
        kept = Mandate.objects.get(pk=committed.mandate.pk).withdrawn_on
        assert kept is not None
        assert kept - today in {timedelta(days=first), timedelta(days=first + 1)}, "midnight may pass"
        assert AuditEvent.objects.filter(action="mandate_withdrawn").count() == 1


def test_a_file_is_read_from_its_start_the_second_time(
    committed: Hospital, admin_url: str, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = draft(committed, PaperKind.MANDATE)
    [client] = administrators(committed, 1)
    with rival(admin_url, owner_url, committed.holder.pk, committed.mandate.pk) as other:
        monkeypatch.setattr(pages, "redirect", after(redirect, other.meet))
        scan = SimpleUploadedFile("scan.pdf", SCAN, "application/pdf")
        answer = client.post(f"/papers/{paper.pk}/upload", {"copy": scan})
    assert (answer.status_code, other.met) == (302, 2)
    assert client.get(f"/papers/{paper.pk}/copy").content == SCAN
