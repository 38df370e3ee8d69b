"""Pages of the hybrid way: every state has its page, everybody sees what is theirs, hostile files are refused."""

import secrets
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agent.wire.days import BRUSSELS, belgian_day
from agent.wire.link.preparation import Preparation, csr_file
from agent.wire.pki.keys import make_csr
from certificates.domain.foreign_lifecycle import FINAL_STATES, ForeignState
from certificates.models import ForeignRequest
from organisations.sealing import seal
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import Foreigner, make_foreigner
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import own_queries
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

S = ForeignState
UNSENT = {S.AWAITING_CSR, S.CANCELLED}


@pytest.fixture
def giulia(hospital: Hospital) -> Foreigner:
    return make_foreigner(hospital)


def noon_in(days: int) -> datetime:
    """Noon in Belgium, so many days ahead: whatever hour it is now, that many days are left."""
    return datetime.combine(belgian_day(datetime.now(UTC)) + timedelta(days=days), time(12), BRUSSELS)


def put(giulia: Foreigner, state: ForeignState, **fields: Any) -> ForeignRequest:
    """Make a request that stands in `state`: the pages are what is tested, not how rows come about."""
    request = giulia.ask()
    now = datetime.now(UTC)
    values: dict[str, Any] = {"state": state, "state_since": now}
    if state not in UNSENT:
        values |= {"sealed_csr": seal(b"csr"), "public_key_identifier": secrets.token_hex(20)}
    if state in {S.AWAITING_CONFIRMATION, S.AWAITING_CERTIFICATE, S.ISSUED, S.COMPLETED, S.LAPSED}:
        values |= {
            "validation_url": "https://validation.example.org/x1",
            "expires_at": noon_in(9),
        }
    if state in {S.ISSUED, S.COMPLETED}:
        values["certificate"] = shelve(giulia.hospital.organisation, secrets.token_hex(3).upper(), 1095)
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        ForeignRequest.objects.filter(pk=request.pk).update(**(values | fields))
    return giulia.reload(request)


@pytest.mark.parametrize("state", list(S))
def test_every_state_has_its_page(
    administrator: Client, viewer: Client, giulia: Foreigner, state: ForeignState
) -> None:
    request = put(giulia, state)
    address = f"/foreigners/{request.pk}/"
    page, made = own_queries(administrator, address)
    # One more while it waits: whether the government is away.
    assert (page.status_code, made) == (200, 2 + (state not in FINAL_STATES))
    text = page.content.decode()
    assert giulia.bis not in text
    assert ("preparation" in text) is (state is S.AWAITING_CSR)
    assert ("validation.example.org" in text) is (state is S.AWAITING_CONFIRMATION)
    assert ("9 days left to confirm" in text) is (state is S.AWAITING_CONFIRMATION)
    assert (f"{address}certificate" in text) is (state is S.ISSUED)
    fragment = administrator.get(f"{address}status")
    assert fragment.status_code == (286 if state in FINAL_STATES else 200)
    assert viewer.get(address).status_code == 200
    if state not in FINAL_STATES:
        seen = text.split("?seen=")[1].split('"')[0]
        assert administrator.get(f"{address}status", {"seen": seen}).status_code == 204
    page, made = own_queries(administrator, "/foreigners/")
    assert (page.status_code, made) == (200, 1)


def test_the_address_comes_first_and_cancelling_last(administrator: Client, giulia: Foreigner) -> None:
    request = put(giulia, S.AWAITING_CONFIRMATION)
    page = administrator.get(f"/foreigners/{request.pk}/").content.decode()
    order = [
        'data-copy="https://validation.example.org/x1"',
        f'action="/foreigners/{request.pk}/confirmed"',
        "<details><summary>",
        f'action="/foreigners/{request.pk}/cancel"',
    ]
    places = [page.index(one) for one in order]
    assert places == sorted(places)


def test_deadlines_are_said(administrator: Client, giulia: Foreigner) -> None:
    now = datetime.now(UTC)
    for end, words in (
        (noon_in(2), "2 days left to confirm"),
        (noon_in(1), "1 day left to confirm"),
        (now - timedelta(hours=1), "The deadline has passed"),
    ):
        with acting_for([giulia.hospital.organisation.pk], as_platform=True):
            ForeignRequest.objects.update(state=S.CANCELLED)
        request = put(giulia, S.AWAITING_CONFIRMATION, expires_at=end)
        assert words in administrator.get(f"/foreigners/{request.pk}/").content.decode()
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        ForeignRequest.objects.filter(pk=request.pk).update(validation_url="", expires_at=None)
    assert "its answer with the address" in administrator.get(f"/foreigners/{request.pk}/").content.decode()


def test_a_confirmation_that_was_told_too_early(
    administrator: Client, viewer: Client, giulia: Foreigner
) -> None:
    request = put(giulia, S.AWAITING_CERTIFICATE)
    address = f"/foreigners/{request.pk}/"
    page = administrator.get(address).content.decode()
    assert "Not confirmed after all?" in page
    assert f"{address}unconfirmed" not in viewer.get(address).content.decode()
    assert viewer.post(f"{address}unconfirmed").status_code == 403
    page = administrator.post(f"{address}unconfirmed", follow=True).content.decode()
    assert "9 days left to confirm" in page
    assert "validation.example.org" in page
    page = administrator.post(f"{address}unconfirmed", follow=True).content.decode()
    assert giulia.reload(request).state == S.AWAITING_CONFIRMATION


def test_a_refusal_after_the_deadline_says_what_may_be_why(administrator: Client, giulia: Foreigner) -> None:
    ended = datetime.now(UTC) - timedelta(hours=1)
    request = put(giulia, S.REJECTED, expires_at=ended)
    page = administrator.get(f"/foreigners/{request.pk}/").content.decode()
    assert "Where the identity was not confirmed by then" in page
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        ForeignRequest.objects.filter(pk=request.pk).update(expires_at=ended + timedelta(days=2))
    page = administrator.get(f"/foreigners/{request.pk}/").content.decode()
    assert "Where the identity was not confirmed by then" not in page


def _form(giulia: Foreigner, **changes: str) -> dict[str, str]:
    return {
        "environment": "acceptance",
        "person_id": str(giulia.person.pk),
        "profession": "Arts",
        "address": "Via Roma 1",
        "identifier_id": str(giulia.hospital.identifier.pk),
        "email_private": "giulia@example.test",
        "phone_private": "+39 02 000",
        "language": "nl",
    } | changes


def test_the_form_is_prefilled_and_starts_a_request(administrator: Client, giulia: Foreigner) -> None:
    page = administrator.get("/foreigners/new/", {"person": str(giulia.person.pk)}).content.decode()
    assert "giulia@example.test" in page
    assert str(giulia.hospital.holder.pk) not in page, "who has a card is not offered"
    assert (
        f"/foreigners/new/?person={giulia.person.pk}" in administrator.get("/organisation/").content.decode()
    )
    assert "/foreigners/new/" in administrator.get("/requests/new/").content.decode()
    answer = administrator.post("/foreigners/new/", _form(giulia))
    assert answer.status_code == 302, answer.content
    assert "environment-band" in administrator.get(answer["Location"]).content.decode()
    again = administrator.post("/foreigners/new/", _form(giulia))
    assert again.status_code == 422
    assert "already on its way" in again.content.decode()
    for changes in (
        {"profession": "張"},
        {"person_id": str(giulia.hospital.holder.pk)},
        {"email_private": "x"},
    ):
        assert administrator.post("/foreigners/new/", _form(giulia, **changes)).status_code == 422
    # A field that the declaration calls otherwise still gets its refusal.
    refused = administrator.post(
        "/foreigners/new/", _form(giulia, environment="production", phone_private="張")
    )
    assert refused.status_code == 422
    assert refused.context["form"].errors["phone_private"]


def test_nobody_with_a_bis_number(administrator: Client, hospital: Hospital) -> None:
    assert "Nobody here has a BIS number" in administrator.get("/foreigners/new/").content.decode()


def test_from_preparation_to_a_submitted_request(
    administrator: Client, hospital: Hospital, government: SandboxProcess
) -> None:
    giulia = make_foreigner(hospital, government)
    request = giulia.ask()
    address = f"/foreigners/{request.pk}/"
    file = administrator.get(f"{address}preparation")
    assert file["Content-Disposition"].startswith("attachment;")
    assert giulia.bis not in file["Content-Disposition"]
    preparation = Preparation.from_json(file.content)
    for content in (b"", b"x" * 200_000, b"-----BEGIN CERTIFICATE REQUEST-----"):
        bad = SimpleUploadedFile("a.csr", content)
        assert (
            'class="notice bad"'
            in administrator.post(f"{address}csr", {"csr": bad}, follow=True).content.decode()
        )
    assert "Choose the .csr file." in administrator.post(f"{address}csr", follow=True).content.decode()
    key = rsa.generate_private_key(65537, 2048)
    good = SimpleUploadedFile("a.csr", csr_file(make_csr(key, preparation.dn)))
    answer = administrator.post(f"{address}csr", {"csr": good}, follow=True)
    assert "It is on its way" in answer.content.decode()
    assert administrator.get(f"{address}preparation").status_code == 302, "there is a key already"
    request = giulia.step(request)
    page = administrator.get(address).content.decode()
    assert request.validation_url in page
    assert giulia.confirm(request) == 200
    administrator.post(f"{address}confirmed")
    giulia.step(request)
    chain = x509.load_pem_x509_certificates(administrator.get(f"{address}certificate").content)
    assert chain[0].public_key() == key.public_key()
    assert administrator.get(giulia_certificate(giulia, request)).status_code == 200
    administrator.post(f"{address}opens")
    assert giulia.reload(request).state == S.COMPLETED
    for path in ("confirmed", "opens", "cancel", "ask-again"):
        answer = administrator.post(address + path, follow=True)
        assert 'class="notice bad"' in answer.content.decode()


def giulia_certificate(giulia: Foreigner, request: ForeignRequest) -> str:
    found = giulia.reload(request)
    return f"/certificates/{found.certificate_id}/"


def test_other_tenants_and_roles_and_strangers(stranger: Client, viewer: Client, giulia: Foreigner) -> None:
    request = put(giulia, S.ISSUED)
    address = f"/foreigners/{request.pk}/"
    posts = ("csr", "confirmed", "opens", "cancel", "ask-again")
    for path in ("", "status", "preparation", "certificate"):
        assert stranger.get(address + path).status_code == 404
        assert Client().get(address + path).status_code == 302
    for path in posts:
        assert stranger.post(address + path).status_code == 404
        assert viewer.post(address + path).status_code == 403
        assert Client().post(address + path).status_code == 302
    for path in (address + "preparation", address + "certificate", "/foreigners/new/"):
        assert viewer.get(path).status_code == 403
    assert str(request.pk) not in stranger.get("/foreigners/").content.decode()
