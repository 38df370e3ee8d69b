"""Requests and signing: every state has its page, everybody sees what is theirs."""

import re

import pytest
from django.test import Client

from certificates.certra.errors import Transient
from certificates.domain.lifecycle import FINAL_STATES, RequestState
from certificates.models import CertificateRequest
from certificates.services.requests import application_ids
from organisations.domain.roles import Role
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import device
from tests.certificates.web.shelf import ask, shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital
from tests.support.work import run_errands

PROBLEM = {
    "kind": "rejected",
    "summary": "",
    "answers": [{"code": "SIGNER_NOT_AUTHORIZED", "message": "No mandate.", "parameters": [["Id", "1"]]}],
    "at": "2026-11-20T09:30:00+00:00",
}


def _form(hospital: Hospital, **changes: object) -> dict[str, object]:
    return {
        "environment": "acceptance",
        "identifier_id": str(hospital.identifier.pk),
        "application_id": "APOTHEEK",
        "holder_id": str(hospital.holder.pk),
        "email_private": "an@maasdal.example",
        "phone_private": "+32 11 22 33 44",
        "base_service_usages": ["tsa"],
        "reason": "New server",
    } | changes


def _last(hospital: Hospital) -> CertificateRequest:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return CertificateRequest.objects.latest("requested_at")


@pytest.mark.parametrize("state", list(RequestState))
def test_every_state_has_its_pages(
    administrator: Client,
    holder_client: Client,
    hospital: Hospital,
    state: RequestState,
) -> None:
    request = ask(hospital, state)
    page, made = own_queries(administrator, f"/requests/{request.pk}/")
    asked = state in {RequestState.AWAITING_SIGNATURE, RequestState.AWAITING_DEVICE}
    waits = state not in FINAL_STATES  # then it is asked whether the government is away
    assert (page.status_code, made) == (200, 2 + asked + waits), "one more for the letters"
    page, made = own_queries(holder_client, f"/sign/{request.pk}/")
    assert (page.status_code, made) == (200, 2 + asked + waits + (state is RequestState.AWAITING_SIGNATURE))
    for view in ("request", "sign"):
        fragment = administrator.get(f"/requests/{request.pk}/status", {"view": view})
        assert fragment.status_code == (286 if state in FINAL_STATES else 200)
        assert ("every 2s" in fragment.content.decode()) is (state not in FINAL_STATES)


def test_nothing_is_sent_while_nothing_changed(administrator: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.AWAITING_CERTIFICATE)
    page = administrator.get(f"/requests/{request.pk}/status").content.decode()
    seen = page.split("?seen=")[1].split('"')[0]
    address = f"/requests/{request.pk}/status"
    assert administrator.get(address, {"seen": seen}).status_code == 204
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).update(state=RequestState.GAVE_UP)
    assert administrator.get(address, {"seen": seen}).status_code == 286


def test_a_refusal_says_what_to_do_and_shows_the_answer(administrator: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.REJECTED, problem=PROBLEM)
    page = administrator.get(f"/requests/{request.pk}/").content.decode()
    assert "does not know this holder&#x27;s mandate" in page
    assert "<details" in page
    assert "SIGNER_NOT_AUTHORIZED" in page
    assert "No mandate." in page


def test_after_a_refusal_the_same_is_asked_anew(
    administrator: Client, viewer: Client, holder_client: Client, hospital: Hospital
) -> None:
    request = ask(hospital, RequestState.REJECTED, problem=PROBLEM)
    again = f"/requests/new/?like={request.pk}"
    assert again in administrator.get(f"/requests/{request.pk}/").content.decode()
    assert again not in viewer.get(f"/requests/{request.pk}/").content.decode()
    form = administrator.get(again).content.decode()
    for known in (request.application_id, request.email_private, request.phone_private, request.reason):
        assert known in form
    for chosen in (hospital.holder.pk, hospital.identifier.pk):
        assert f'value="{chosen}" selected' in form
    old = shelve(hospital.organisation, "EHBOX", 40)
    renewal = ask(hospital, RequestState.REJECTED, problem=PROBLEM, application_id="EHBOX", replaces=old)
    page = administrator.get(f"/requests/{renewal.pk}/").content.decode()
    assert f'href="/certificates/{old.pk}/renew/"' in page
    own = ask(
        hospital,
        RequestState.REJECTED,
        identifier=None,
        application_id="",
        personal=True,
        private_to=hospital.holder_user,
    )
    assert 'href="/own/new/"' in holder_client.get(f"/requests/{own.pk}/").content.decode()
    assert own.phone_private not in administrator.get(f"/requests/new/?like={own.pk}").content.decode()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/requests/{}/"),
        ("get", "/requests/{}/status"),
        ("post", "/requests/{}/cancel"),
        ("post", "/requests/{}/ask-again"),
        ("get", "/sign/{}/"),
    ],
)
def test_another_tenants_request_is_not_found(
    stranger: Client, client: Client, hospital: Hospital, method: str, address: str
) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    assert getattr(stranger, method)(address.format(request.pk)).status_code == 404
    assert getattr(client, method)(address.format(request.pk)).status_code == 302


def test_the_list_shows_and_narrows(viewer: Client, hospital: Hospital) -> None:
    for state in RequestState:
        ask(hospital, state)
    answer, made = own_queries(viewer, "/requests/")
    page = answer.content.decode()
    assert made == 1
    assert page.count("<tr class") == len(RequestState)
    open_ones = viewer.get("/requests/", {"state": "open"}).content.decode()
    assert open_ones.count("<tr class") == len(RequestState) - len(FINAL_STATES)
    assert viewer.get("/requests/", {"state": "refused?"}).content.decode().count("<tr class") == 0


def test_a_request_is_made(administrator: Client, hospital: Hospital) -> None:
    answer = administrator.post("/requests/new/", _form(hospital))
    request = _last(hospital)
    assert answer["Location"] == f"/requests/{request.pk}/"
    assert (request.environment, request.application_id) == ("acceptance", "APOTHEEK")
    assert request.state == RequestState.AWAITING_DEVICE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("application_id", "kleine letters"),
        ("email_private", "nobody"),
        ("phone_private", ""),
        ("holder_id", ""),
        ("environment", "elsewhere"),
    ],
)
def test_a_refused_wish_stays_on_the_form(
    administrator: Client, hospital: Hospital, field: str, value: str
) -> None:
    answer = administrator.post("/requests/new/", _form(hospital, **{field: value}))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "New server" in page
    assert 'class="errorlist"' in page


def test_two_requests_for_one_name_are_refused(administrator: Client, hospital: Hospital) -> None:
    administrator.post("/requests/new/", _form(hospital))
    answer = administrator.post("/requests/new/", _form(hospital))
    assert answer.status_code == 422
    assert "already on its way" in answer.content.decode()


def test_a_form_without_a_mandated_person_says_what_comes_first(
    administrator: Client, hospital: Hospital
) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        hospital.mandate.delete()
    assert "Nobody has a mandate today" in administrator.get("/requests/new/").content.decode()


def test_only_requesters_request_and_cancel(viewer: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    assert viewer.get("/requests/new/").status_code == 403
    assert viewer.post(f"/requests/{request.pk}/cancel").status_code == 403
    assert viewer.get("/requests/new/application-ids").status_code == 403
    assert "Cancel this request" not in viewer.get(f"/requests/{request.pk}/").content.decode()


def test_a_request_is_cancelled_before_it_is_signed(administrator: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    page = administrator.post(f"/requests/{request.pk}/cancel", follow=True).content.decode()
    assert "The request was cancelled" in page
    assert _last(hospital).state == RequestState.CANCELLED
    signed = ask(hospital, RequestState.SUBMITTING)
    page = administrator.post(f"/requests/{signed.pk}/cancel", follow=True).content.decode()
    assert "can no longer be cancelled" in page


def test_asking_again_takes_a_given_up_request_up(administrator: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.GAVE_UP)
    page = administrator.post(f"/requests/{request.pk}/ask-again", follow=True).content.decode()
    assert "We are asking again." in page
    assert hospital.reload(request).state == RequestState.AWAITING_CONTRACT
    page = administrator.post(f"/requests/{request.pk}/ask-again", follow=True).content.decode()
    assert "still asking by itself" in page


def test_only_the_holder_gets_the_button(
    holder_client: Client, administrator: Client, hospital: Hospital
) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    mine = holder_client.get(f"/sign/{request.pk}/").content.decode()
    assert f'href="ehportal://run/{request.job.pk}"' in mine
    assert f"ehportal-agent run {request.job.pk}" in mine
    others = administrator.get(f"/sign/{request.pk}/").content.decode()
    assert request.job.pk not in others
    assert "An Marie Peeters must sign this" in others


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RequestState.AWAITING_CONTRACT, "Te ondertekenen door"),
        (RequestState.AWAITING_SIGNATURE, "Te ondertekenen door"),
        (RequestState.AWAITING_CERTIFICATE, "Ondertekend door"),
        (RequestState.CANCELLED, "Wie ondertekent"),
    ],
)
def test_nothing_is_called_signed_before_it_is(
    holder_client: Client, hospital: Hospital, state: RequestState, words: str
) -> None:
    request = ask(hospital, state)
    page = holder_client.get(f"/sign/{request.pk}/").content.decode()
    assert f'<dt id="signer">{words}</dt>' in page
    part = holder_client.get(f"/requests/{request.pk}/status?view=sign").content.decode()
    assert f'<dt id="signer" hx-swap-oob="true">{words}</dt>' in part


def test_a_workstation_comes_before_the_agent(holder_client: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    primary = '<a class="button great primary"'
    for address in (f"/sign/{request.pk}/", f"/requests/{request.pk}/status?view=sign"):
        page = holder_client.get(address).content.decode()
        assert "ehportal://run/" in page
        assert primary not in page, address
    device(hospital)
    for address in (f"/sign/{request.pk}/", f"/requests/{request.pk}/status?view=sign"):
        assert primary in holder_client.get(address).content.decode(), address


def test_the_holder_finds_what_waits(holder_client: Client, viewer: Client, hospital: Hospital) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    answer, made = own_queries(holder_client, "/sign/")
    page = answer.content.decode()
    assert made == 4
    assert f"/sign/{request.pk}/" in page
    assert "Uw werkstation is nog niet klaar" in page
    assert viewer.get("/sign/").status_code == 403
    assert "wacht op uw handtekening" in holder_client.get("/").content.decode()


class Government:
    """Answers what a test wants it to."""

    def __init__(self, answer: tuple[str | None, ...] | None) -> None:
        self.answer = answer

    def existing_application_ids(self, identifier: object) -> tuple[str | None, ...]:
        if self.answer is None:
            raise Transient
        return self.answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (("APOTHEEK", None), "APOTHEEK"),
        ((), "knows no certificate for this number yet"),
        (None, "could not be asked just now"),
    ],
)
def test_application_ids_in_use_are_a_hint(
    administrator: Client,
    hospital: Hospital,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[str | None, ...] | None,
    expected: str,
) -> None:
    monkeypatch.setattr(application_ids, "gateway_of", lambda environment: Government(answer))
    query = {"identifier_id": str(hospital.identifier.pk), "environment": "production"}
    page = administrator.get("/requests/new/application-ids", query).content.decode()
    assert "The government is being asked" in page
    [again] = re.findall(r'hx-get="([^"]+)" hx-trigger="load delay:200ms, every 1s"', page)
    assert administrator.get(again).status_code == 204, "nothing is said anew while it is on its way"
    assert run_errands() == 1
    assert expected in administrator.get(again).content.decode()
    gone = administrator.get(again).content.decode()
    assert "could not be asked just now" in gone, "an answer is told once"


def test_nobody_else_hears_which_application_ids_are_in_use(
    administrator: Client, stranger: Client, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application_ids, "gateway_of", lambda environment: Government(("APOTHEEK",)))
    query = {"identifier_id": str(hospital.identifier.pk), "environment": "production"}
    page = administrator.get("/requests/new/application-ids", query).content.decode()
    [again] = re.findall(r'hx-get="([^"]+)" hx-trigger="load', page)
    run_errands()
    colleague = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    for other in (stranger, colleague):
        assert "APOTHEEK" not in other.get(again).content.decode()
    assert "APOTHEEK" in administrator.get(again).content.decode()


def test_application_ids_are_asked_for_ones_own_numbers_only(
    administrator: Client, client: Client, other_hospital: Hospital
) -> None:
    query = {"identifier_id": str(other_hospital.identifier.pk), "environment": "production"}
    assert administrator.get("/requests/new/application-ids", query).status_code == 404
    assert client.get("/requests/new/application-ids", query).status_code == 302
    page = administrator.get(
        "/requests/new/application-ids", {"identifier_id": "", "environment": "production"}
    )
    assert "Choose a number" in page.content.decode()


def test_a_holder_of_another_request_is_no_holder_of_this_one(hospital: Hospital) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    other = signed_in(member(hospital.organisation, Role.HOLDER))
    assert "must sign this" in other.get(f"/sign/{request.pk}/").content.decode()
    assert str(request.pk) not in other.get("/sign/").content.decode()


def test_the_contract_is_shown_clean_and_to_the_holder_only(
    holder_client: Client, administrator: Client, hospital: Hospital
) -> None:
    request = ask(hospital, RequestState.AWAITING_SIGNATURE)
    mine = holder_client.get(f"/sign/{request.pk}/").content.decode()
    assert "<p>Ik verbind mij ertoe …</p>" in mine
    assert "onclick" not in mine
    assert "<script>1" not in mine
    assert "Ik verbind mij" not in administrator.get(f"/sign/{request.pk}/").content.decode()
