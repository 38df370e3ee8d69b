"""Pages of revocations: every state has its page, everybody sees what is theirs, and what ends is plain to see."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import (
    REVOCATION_FINAL_STATES,
    REVOCATION_MOVES,
    RevocationReason,
    RevocationState,
)
from certificates.domain.tokens import TokenState
from certificates.models import Certificate, EncryptionToken, Installation, Revocation
from certificates.web.revocations import words as revocation_words
from organisations.domain.roles import Role
from organisations.sealing import seal
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for
from organisations.web import words
from tests.certificates.web.revocations.endings import EVIDENCE, revoke
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital

S = RevocationState


def form(hospital: Hospital, **changes: Any) -> dict[str, Any]:
    return {
        "reason": "superseded",
        "comment": "Vervangen",
        "holder_id": str(hospital.holder.pk),
    } | changes


def revocations_of(hospital: Hospital, certificate: Certificate) -> list[Revocation]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Revocation.objects.filter(certificate=certificate))


@pytest.mark.parametrize("state", list(S))
def test_every_state_has_its_pages(
    administrator: Client, holder_client: Client, hospital: Hospital, state: RevocationState
) -> None:
    revocation = revoke(hospital, state)
    page, made = own_queries(administrator, f"/revocations/{revocation.pk}/")
    asked = state in {S.AWAITING_SIGNATURE, S.AWAITING_DEVICE}
    waits = state not in REVOCATION_FINAL_STATES  # then it is asked whether the government is away
    assert (page.status_code, made) == (200, 2 + asked + waits), "one more for the letters"
    page, made = own_queries(holder_client, f"/revocations/{revocation.pk}/sign/")
    assert (page.status_code, made) == (200, 2 + asked + waits + (state is S.AWAITING_SIGNATURE))
    text = page.content.decode()
    assert ("ending-band" in text) is (state not in REVOCATION_FINAL_STATES)
    assert ("ehportal://run/" in text) is (state is S.AWAITING_SIGNATURE)
    for view in ("request", "sign"):
        fragment = administrator.get(f"/revocations/{revocation.pk}/status", {"view": view})
        assert fragment.status_code == (286 if state in REVOCATION_FINAL_STATES else 200)
        assert ("every 2s" in fragment.content.decode()) is (state not in REVOCATION_FINAL_STATES)
        assert f"/revocations/{revocation.pk}/status" in fragment.content.decode() or state in (
            REVOCATION_FINAL_STATES
        )
    assert "ehportal://run/" not in administrator.get(f"/revocations/{revocation.pk}/sign/").content.decode()


def test_nothing_is_sent_while_nothing_changed(administrator: Client, hospital: Hospital) -> None:
    revocation = revoke(hospital, S.AWAITING_EVIDENCE)
    address = f"/revocations/{revocation.pk}/status"
    seen = administrator.get(address).content.decode().split("?seen=")[1].split('"')[0]
    assert administrator.get(address, {"seen": seen}).status_code == 204
    with acting_for([hospital.organisation.pk], as_platform=True):
        Revocation.objects.filter(pk=revocation.pk).update(state=S.COMPLETED, evidence=EVIDENCE)
    answer = administrator.get(address, {"seen": seen})
    assert answer.status_code == 286
    assert "OCSP responder" in answer.content.decode()


def test_who_confirmed_it_is_said_in_words(administrator: Client, hospital: Hospital) -> None:
    """The government's record does not tell since when."""
    evidence = {**EVIDENCE, "source": "certificate_info", "revoked_at": None}
    revocation = revoke(hospital, S.COMPLETED, evidence=evidence)
    with acting_for([hospital.organisation.pk], as_platform=True):
        record(
            hospital.organisation,
            "certificate_found_revoked",
            revocation.certificate,
            actor=Actor.platform(),
            now=datetime.now(UTC),
            source="certificate_info",
        )
    page = administrator.get(f"/revocations/{revocation.pk}/").content.decode()
    assert "own record of the certificate" in page
    assert "Revoked since" not in page
    page = administrator.get(f"/certificates/{revocation.certificate_id}/").content.decode()
    assert "certificate_info" not in page
    assert "the government&#x27;s record" in page


def test_the_contract_is_for_its_signer_only(
    administrator: Client, holder_client: Client, hospital: Hospital
) -> None:
    revocation = revoke(hospital, S.AWAITING_SIGNATURE)
    path = f"/revocations/{revocation.pk}/sign/"
    own = holder_client.get(path).content.decode()
    assert "Ik verbind mij ertoe" in own or "m&#x27;engage" in own or "m'engage" in own
    assert "<script>1" not in own
    assert "onclick" not in own
    assert "Contract</h" not in administrator.get(path).content.decode()


def test_asking_for_the_end(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "APOTHEEK", 400)
    path = f"/certificates/{certificate.pk}/revoke/"
    page, made = own_queries(administrator, path)
    text = page.content.decode()
    assert (page.status_code, made) == (200, 7)
    with translation.override("en"):
        for words_of in revocation_words.REASONS.values():
            for sentence in (words_of.name, words_of.when, words_of.then):
                assert str(sentence) in text
    assert "There is no other valid certificate with this name" in text
    assert "No workstation has reported one" in text
    answer = administrator.post(path, form(hospital))
    [revocation] = revocations_of(hospital, certificate)
    assert answer["Location"] == f"/revocations/{revocation.pk}/"
    assert (revocation.reason, revocation.comment) == ("superseded", "Vervangen")
    again = administrator.post(path, form(hospital))
    assert again.status_code == 422
    assert len(revocations_of(hospital, certificate)) == 1
    assert "A revocation is on its way already" in administrator.get(path).content.decode()


def test_an_address_may_say_reason_and_comment(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "APOTHEEK", 400)
    path = f"/certificates/{certificate.pk}/revoke/"
    text = administrator.get(
        path, {"reason": "superseded", "comment": 'Wachtwoord <kwijt> "'}
    ).content.decode()
    assert 'value="superseded" checked' in text
    assert "Wachtwoord &lt;kwijt&gt; &quot;" in text
    text = administrator.get(path, {"reason": "nonsense", "comment": "x" * 9000}).content.decode()
    assert 'value="nonsense"' not in text
    assert "checked" not in text.split("Why it must end")[1].split("</fieldset>")[0]
    assert "x" * 501 not in text.split("<textarea")[1].split("</textarea>")[0]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"reason": ""}, "Choose the reason"),
        ({"reason": "certificateHold"}, "Select a valid choice"),
        ({"holder_id": str(uuid4())}, "Select a valid choice"),
        ({"comment": "x" * 501}, "500"),
        ({"comment": "x\x01"}, "character"),
    ],
)
def test_what_cannot_be_asked(
    administrator: Client, hospital: Hospital, changes: dict[str, Any], complaint: str
) -> None:
    certificate = shelve(hospital.organisation, "APOTHEEK", 400)
    answer = administrator.post(f"/certificates/{certificate.pk}/revoke/", form(hospital, **changes))
    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert revocations_of(hospital, certificate) == []


def test_everything_that_dies_is_named(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "LABO", 300)
    shelve(hospital.organisation, "LABO", 1000)
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        EncryptionToken.objects.create(
            organisation=hospital.organisation,
            certificate=certificate,
            state=TokenState.ACTIVE,
            state_since=now,
            serial="77",
        )
        for machine, gone in (("PC-LABO-1", None), ("PC-OLD", now)):
            Installation.objects.create(
                organisation=hospital.organisation,
                certificate=certificate,
                device_id=uuid4(),
                machine=machine,
                path=r"C:\ehealth\keystore\labo.p12",
                package="LIS",
                file_digest="ab" * 32,
                environment="production",
                first_seen_at=now,
                last_seen_at=now,
                gone_at=gone,
            )
    text = administrator.get(f"/certificates/{certificate.pk}/revoke/").content.decode()
    assert "PC-LABO-1" in text
    assert "PC-OLD" not in text
    assert "Nobody can seal messages to it any more" in text
    assert "There is no other valid certificate with this name" not in text


def test_what_is_over_offers_no_form(administrator: Client, hospital: Hospital) -> None:
    for certificate in (
        shelve(hospital.organisation, "ENDED", -3),
        shelve(hospital.organisation, "DEAD", 300, revocation_status="revoked"),
    ):
        path = f"/certificates/{certificate.pk}/revoke/"
        assert "Nothing is left to revoke" in administrator.get(path).content.decode()
        assert administrator.post(path, form(hospital)).status_code == 422
        assert revocations_of(hospital, certificate) == []
        assert f'href="{path}"' not in administrator.get(f"/certificates/{certificate.pk}/").content.decode()


def test_the_certificate_shows_its_end(administrator: Client, viewer: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "APOTHEEK", 400)
    page = f"/certificates/{certificate.pk}/"
    assert f'href="{page}revoke/"' in administrator.get(page).content.decode()
    assert f'href="{page}revoke/"' not in viewer.get(page).content.decode()
    revocation = revoke(hospital, S.AWAITING_SIGNATURE, certificate)
    text = administrator.get(page).content.decode()
    assert "A revocation is on its way" in text
    assert f"/revocations/{revocation.pk}/" in text
    assert f'href="{page}revoke/"' not in text


def test_a_certificate_is_called_the_same_on_each_page(administrator: Client, hospital: Hospital) -> None:
    """Renewed, about to be revoked, in its last days: on its own page, where it is revoked, and in the list."""
    old = shelve(hospital.organisation, "VITALINK", 60)
    shelve(hospital.organisation, "VITALINK", 1000)
    early = shelve(hospital.organisation, "RECIP-E", 400)
    shelve(hospital.organisation, "RECIP-E", 1000)
    late = datetime.now(UTC) + timedelta(days=15)
    last = shelve(hospital.organisation, "LABO", 20, replaceable_from=late)
    ending = shelve(hospital.organisation, "EHBOX", 400)
    revoke(hospital, S.AWAITING_EVIDENCE, ending)
    inventory = administrator.get("/certificates/").content.decode()
    for certificate, word in (
        (old, "Renewed"),
        (early, "Renewed"),
        (last, "Ends soon"),
        (ending, "Being revoked"),
    ):
        page = f"/certificates/{certificate.pk}/"
        for address in (page, f"{page}revoke/"):
            text = administrator.get(address).content.decode()
            assert re.search(rf'class="state pill (?!good)\w*">{word}<', text), (address, word)
        row = inventory[inventory.index(page) :].partition("</tr>")[0]
        assert f">{word}<" in row
        assert ">Valid<" not in row


def test_no_warning_stands_above_what_is_over(administrator: Client, hospital: Hospital) -> None:
    for state in (S.AWAITING_SIGNATURE, S.AWAITING_EVIDENCE, S.COMPLETED, S.CANCELLED):
        text = administrator.get(f"/revocations/{revoke(hospital, state).pk}/sign/").content.decode()
        over = state in REVOCATION_FINAL_STATES
        assert ("ending-band" in text, "stage ending" in text) == (not over, not over), state


def test_the_way_to_a_revocation_looks_dangerous_everywhere(
    administrator: Client, hospital: Hospital
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 40)
    text = administrator.get(f"/certificates/{certificate.pk}/").content.decode()
    ways = re.findall(rf'<a class="([^"]+)" href="/certificates/{certificate.pk}/revoke/', text)
    assert ways == ["button danger", "button danger"]


def test_a_dead_token_is_shown_as_such(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "APOTHEEK", 400, revocation_status="revoked")
    with acting_for([hospital.organisation.pk], as_platform=True):
        EncryptionToken.objects.create(
            organisation=hospital.organisation,
            certificate=certificate,
            state=TokenState.WAITING,
            state_since=datetime.now(UTC),
            serial="77",
        )
    text = administrator.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "Ended with the certificate" in text
    assert "/token/activate" not in text
    assert "/token/check" not in text
    assert "Waits for activation" not in administrator.get("/").content.decode()


def test_the_holders_list_and_the_overview_tell_an_end_apart(
    holder_client: Client, administrator: Client, hospital: Hospital
) -> None:
    acceptance = shelve(hospital.organisation, "TEST", 400, environment=Environment.ACCEPTANCE)
    revoke(hospital, S.AWAITING_SIGNATURE)
    revoke(hospital, S.AWAITING_SIGNATURE, acceptance)
    revoke(hospital, S.AWAITING_EVIDENCE)
    page, made = own_queries(holder_client, "/sign/")
    text = page.content.decode()
    assert text.count("button primary ending") == 2
    assert text.count("ending-band") == 2
    assert 'class="empty"' not in text
    assert made <= 6
    overview = holder_client.get("/").content.decode()
    assert overview.count("button primary ending") == 2
    assert 'id="endings"' in overview
    others = administrator.get("/").content.decode()
    assert "button primary ending" not in others
    assert "Revocations on their way" in others


def test_the_list(administrator: Client, hospital: Hospital) -> None:
    for state in (S.AWAITING_SIGNATURE, S.COMPLETED, S.REJECTED):
        revoke(hospital, state)
    page, made = own_queries(administrator, "/revocations/")
    assert (page.status_code, made) == (200, 1)
    assert page.content.decode().count("De laptop") == 0
    for wanted, rows in (("open", 1), ("completed", 1), ("cancelled", 0), ("nonsense", 0)):
        text = administrator.get("/revocations/", {"state": wanted}).content.decode()
        assert text.count('<td><a href="/revocations/') == rows
    assert administrator.get("/revocations/", {"after": "%%%"}).status_code == 200
    assert "/revocations/" in administrator.get("/requests/").content.decode()


def test_withdrawing_and_asking_again(administrator: Client, hospital: Hospital) -> None:
    revocation = revoke(hospital, S.AWAITING_SIGNATURE)
    page = administrator.get(f"/revocations/{revocation.pk}/").content.decode()
    assert "Withdraw this revocation" in page
    administrator.post(f"/revocations/{revocation.pk}/cancel")
    given_up = revoke(hospital, S.GAVE_UP, sealed_signed_request=seal(b"signed"))
    assert "Ask again" in administrator.get(f"/revocations/{given_up.pk}/").content.decode()
    administrator.post(f"/revocations/{given_up.pk}/ask-again")
    signed = revoke(hospital, S.SIGNED)
    answer = administrator.post(f"/revocations/{signed.pk}/cancel", follow=True)
    assert "already signed" in answer.content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        states = {one.pk: one.state for one in Revocation.objects.filter(organisation=hospital.organisation)}
    assert states == {revocation.pk: S.CANCELLED, given_up.pk: S.OUTCOME_UNKNOWN, signed.pk: S.SIGNED}


PROBLEM = {
    "kind": "rejected",
    "summary": "",
    "answers": [{"code": "CONTRACT_MISMATCH", "message": "Not made here.", "parameters": []}],
    "at": "2026-11-20T09:30:00+00:00",
}


def test_a_refusal_speaks_of_the_revocation(administrator: Client, hospital: Hospital) -> None:
    revocation = revoke(hospital, S.REJECTED, problem=PROBLEM)
    text = administrator.get(f"/revocations/{revocation.pk}/").content.decode()
    assert "The government refused this revocation." in text
    assert "CONTRACT_MISMATCH" in text
    assert "The government refused this request." not in text


@pytest.mark.parametrize("role", list(Role))
def test_who_may(hospital: Hospital, role: Role) -> None:
    client = signed_in(member(hospital.organisation, role))
    certificate = shelve(hospital.organisation, "APOTHEEK", 400)
    revocation = revoke(hospital, S.AWAITING_SIGNATURE)
    key = revocation.pk
    for path in (
        "/revocations/",
        f"/revocations/{key}/",
        f"/revocations/{key}/sign/",
        f"/revocations/{key}/status",
    ):
        assert client.get(path).status_code == 200
    allowed = role is Role.ADMINISTRATOR
    assert client.get(f"/certificates/{certificate.pk}/revoke/").status_code == (200 if allowed else 403)
    assert client.post(f"/certificates/{certificate.pk}/revoke/", {}).status_code == (422 if allowed else 403)
    for action in ("cancel", "ask-again"):
        assert client.post(f"/revocations/{key}/{action}").status_code == (302 if allowed else 403)
        assert client.get(f"/revocations/{key}/{action}").status_code == 405


def test_another_tenant_and_nobody(stranger: Client, hospital: Hospital) -> None:
    revocation = revoke(hospital, S.AWAITING_SIGNATURE)
    key = revocation.pk
    gets = (f"/revocations/{key}/", f"/revocations/{key}/sign/", f"/revocations/{key}/status")
    form_path = f"/certificates/{revocation.certificate_id}/revoke/"
    posts = (f"/revocations/{key}/cancel", f"/revocations/{key}/ask-again", form_path)
    for path in (*gets, form_path):
        assert stranger.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    for path in posts:
        assert stranger.post(path).status_code == 404
        assert Client().post(path).status_code == 302
    assert str(key) not in stranger.get("/revocations/").content.decode()
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Revocation.objects.get(pk=key).state == S.AWAITING_SIGNATURE


def test_every_state_and_reason_has_a_word() -> None:
    assert set(revocation_words.REVOCATION_STATES) == set(S) == set(revocation_words.REVOCATION_EXPLANATIONS)
    assert set(revocation_words.REASONS) == set(RevocationReason)
    assert set(words.REVOCATION_REASONS) == {reason.value for reason in RevocationReason}
    moves = {f"revocation_{state.value}" for state in REVOCATION_MOVES}
    events = {"revocation_asked", "revocation_not_sent", "revocation_not_received", "token_revoked"}
    assert moves | events <= set(words.ACTIONS)
