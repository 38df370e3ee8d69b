"""Renewal, switch and installations on the pages: who may, whose rows, how many queries, and each way out."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from certificates.domain.lifecycle import RequestState
from certificates.models import Certificate, CertificateRequest, Installation
from organisations.domain.roles import Role
from organisations.models import Mandate, Person
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import (
    RECORD,
    colleague,
    device,
    install,
    known,
    looked,
    pair,
    proof,
    renew,
    token,
)
from tests.certificates.web.shelf import ask, shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital

S = RequestState


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def address_of(certificate: Certificate, suffix: str = "") -> str:
    return f"/certificates/{certificate.pk}/{suffix}"


FORM: dict[str, Any] = {
    "email_private": "nieuw@maasdal.example",
    "phone_private": "+32 11 00 00 00",
    "email_general": "",
    "phone_general": "",
    "base_service_usages": ["codage"],
    "reason": "Driejaarlijks",
}


# --- one click


def test_one_click_asks_the_former_holder(administrator: Client, hospital: Hospital) -> None:
    device(hospital)
    certificate = known(hospital)
    for address in ("/", "/certificates/", address_of(certificate)):
        body = page(administrator, address)
        assert f'action="{address_of(certificate, "renew/")}"' in body, address
    answer = administrator.post(address_of(certificate, "renew/"), {"known": "1"}, follow=True)
    body = answer.content.decode()
    assert "The renewal was requested. An Marie Peeters reads and signs it." in body
    assert "Renewal of" in body
    with acting_for([hospital.organisation.pk]):
        made = CertificateRequest.objects.get(replaces=certificate)
    for address in ("/", "/certificates/", address_of(certificate)):
        body = page(administrator, address)
        assert f'action="{address_of(certificate, "renew/")}"' not in body, address
        assert f'href="/requests/{made.pk}/"' in body, address
    again = administrator.post(
        address_of(certificate, "renew/"), {"known": "1"}, follow=True
    ).content.decode()
    assert "Its renewal is on its way" in again
    with acting_for([hospital.organisation.pk]):
        assert CertificateRequest.objects.filter(replaces=certificate).count() == 1


def test_a_form_asks_what_is_missing(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 60)
    answer = administrator.post(address_of(certificate, "renew/"), {"known": "1"}, follow=True)
    body = answer.content.decode()
    assert "Not everything that the renewal needs is known" in body
    assert f'value="{hospital.holder.pk}" selected' in body
    assert "Renewal of the certificate that ends on" in body
    refused = administrator.post(address_of(certificate, "renew/"), {"holder_id": str(hospital.holder.pk)})
    assert refused.status_code == 422
    done = administrator.post(
        address_of(certificate, "renew/"), FORM | {"holder_id": str(hospital.holder.pk)}
    )
    with acting_for([hospital.organisation.pk]):
        made = CertificateRequest.objects.get(replaces=certificate)
    assert done["Location"] == f"/requests/{made.pk}/"
    assert (made.email_private, made.base_service_usages, made.reason, made.application_id) == (
        "nieuw@maasdal.example", ["codage"], "Driejaarlijks", "EHBOX")  # fmt: skip


def test_the_governments_record_is_filled_in(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 60, contact_data=RECORD)
    body = page(administrator, address_of(certificate, "renew/"))
    assert 'value="apotheek@maasdal.example"' in body
    assert re.search(r'value="tsa" checked', body)
    assert not re.search(r'value="codage" checked', body)


def test_a_form_field_cannot_change_the_name(administrator: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 60)
    sent = FORM | {
        "holder_id": str(hospital.holder.pk),
        "application_id": "OTHER",
        "environment": "acceptance",
    }
    administrator.post(address_of(certificate, "renew/"), sent)
    with acting_for([hospital.organisation.pk]):
        made = CertificateRequest.objects.get(replaces=certificate)
    assert (made.application_id, made.environment) == ("EHBOX", "production")


# --- who may


def test_who_may_not(
    client: Client, viewer: Client, stranger: Client, holder_client: Client, hospital: Hospital
) -> None:
    old, _new = pair(hospital)
    installation = install(hospital, old)
    certificate = known(hospital)
    posts = [
        address_of(certificate, "renew/"),
        address_of(old, "switch"),
        f"/installations/{installation.pk}/accept",
    ]
    for address in posts:
        assert client.post(address)["Location"].startswith("/accounts/login/")
        assert viewer.post(address).status_code == 403
        assert holder_client.post(address).status_code == 403
        assert stranger.post(address, {"known": "1", "reason": "x"}).status_code == 404
    assert client.get("/installations/")["Location"].startswith("/accounts/login/")
    assert stranger.get(f"/installations/?certificate={old.pk}").status_code == 404
    assert "PC-APO-014" not in page(stranger, "/installations/")
    assert "PC-APO-014" in page(viewer, "/installations/")
    assert viewer.get(address_of(certificate, "renew/")).status_code == 403
    body = page(viewer, address_of(old))
    assert "Confirm the switch" not in body
    assert "Accept this installation" not in body


# --- each obstacle says what to do, and starts it


def test_too_early_says_from_when(administrator: Client, hospital: Hospital) -> None:
    certificate = known(hospital, 200, replaceable_from=datetime(2199, 3, 4, 12, tzinfo=UTC))
    body = page(administrator, address_of(certificate))
    assert "It can be renewed from 4 March 2199 on." in body
    assert "appears by itself" in body


@pytest.mark.parametrize(
    "fields", [{"not_after": datetime(2026, 1, 1, tzinfo=UTC)}, {"revocation_status": "revoked"}]
)
def test_what_is_over_is_requested_anew_from_what_is_known(
    administrator: Client, hospital: Hospital, fields: dict[str, Any]
) -> None:
    certificate = known(hospital, 60, **fields)
    address = f"/requests/new/?like={certificate.pk}"
    assert f'href="{address}"' in page(administrator, address_of(certificate))
    body = page(administrator, address)
    assert f'value="{certificate.application_id}"' in body
    assert f'value="{hospital.identifier.pk}" selected' in body
    assert f'value="{hospital.holder.pk}" selected' in body
    assert 'value="an.peeters@maasdal.example"' in body
    assert re.search(r'value="production" checked', body)


@pytest.mark.parametrize("like", ["x", "00000000-0000-4000-8000-000000000000", ""])
def test_likeness_to_nothing_is_an_empty_form(administrator: Client, hospital: Hospital, like: str) -> None:
    assert 'value="production" checked' in page(administrator, f"/requests/new/?like={like}")


def test_likeness_to_another_tenants_tells_nothing(stranger: Client, hospital: Hospital) -> None:
    certificate = known(hospital)
    assert certificate.application_id not in page(stranger, f"/requests/new/?like={certificate.pk}").replace(
        f"?like={certificate.pk}", ""
    )


def test_an_ended_mandate_is_given_again(administrator: Client, hospital: Hospital) -> None:
    certificate = known(hospital)
    with acting_for([hospital.organisation.pk]):
        Mandate.objects.update(ends_on=date(2024, 1, 1))
    body = page(administrator, address_of(certificate))
    address = (
        f"/organisation/mandates/new/?person={hospital.holder.pk}&amp;identifier={hospital.identifier.pk}"
    )
    assert f'href="{address}"' in body
    assert "Choose another holder" in body
    form = page(administrator, address.replace("&amp;", "&"))
    assert f'value="{hospital.holder.pk}" selected' in form
    assert f'value="{hospital.identifier.pk}" selected' in form


def test_a_holder_who_left_is_replaced(administrator: Client, hospital: Hospital) -> None:
    certificate = known(hospital)
    other = colleague(hospital)
    with acting_for([hospital.organisation.pk]):
        Person.objects.filter(pk=hospital.holder.pk).update(left_on=date(2026, 1, 1))
    body = page(administrator, address_of(certificate))
    assert "The holder has left" in body
    form = page(administrator, address_of(certificate, "renew/"))
    assert f'value="{other.pk}"' in form
    assert f'value="{hospital.holder.pk}"' not in form
    administrator.post(address_of(certificate, "renew/"), FORM | {"holder_id": str(other.pk)})
    with acting_for([hospital.organisation.pk]):
        assert CertificateRequest.objects.get(replaces=certificate).holder == other


def test_no_workstation_says_whom_to_ask(administrator: Client, hospital: Hospital) -> None:
    certificate = known(hospital)
    assert "Ask An Marie Peeters to make the own workstation ready." in page(
        administrator, address_of(certificate)
    )


def test_a_number_of_another_is_said(administrator: Client, hospital: Hospital) -> None:
    certificate = known(hospital, identifier_value="0809394427")
    body = page(administrator, address_of(certificate))
    assert "holds none of your organisation" in body
    assert 'href="/organisation/identifiers/new/"' in body


def test_what_to_do_when_the_key_store_is_lost_starts_on_the_certificates_page(
    administrator: Client, viewer: Client, hospital: Hospital
) -> None:
    certificate = shelve(hospital.organisation, "KWIJT", 400)
    page = administrator.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "Key store or password lost?" in page
    revoke = f"/certificates/{certificate.pk}/revoke/?reason=superseded"
    assert f'href="{revoke}"' in page
    assert 'value="superseded" checked' in " ".join(administrator.get(revoke).content.decode().split())
    assert f'href="/requests/new/?like={certificate.pk}"' in page
    assert (
        "Key store or password lost?" not in viewer.get(f"/certificates/{certificate.pk}/").content.decode()
    )
    over = shelve(hospital.organisation, "VOORBIJ", -3)
    page = administrator.get(f"/certificates/{over.pk}/").content.decode()
    assert "Key store or password lost?" not in page


def test_a_lost_key_store_leads_to_revocation(administrator: Client, hospital: Hospital) -> None:
    old = known(hospital)
    problem = {"kind": "key_store_lost", "summary": "", "answers": [], "at": "2026-11-20T09:30:00+00:00"}
    declined = ask(hospital, S.DECLINED, replaces=old, problem=problem)
    body = page(administrator, f"/requests/{declined.pk}/")
    assert "A lost password cannot be recovered" in body
    assert f'href="/certificates/{old.pk}/revoke/?reason=superseded"' in body
    assert f'href="/requests/new/?like={old.pk}"' in body
    body = page(administrator, address_of(old))
    assert "was said to be lost" in body
    assert body.index("Revoke the old certificate") < body.index("It turned up: renew it")
    assert f'href="/certificates/{old.pk}/#renewal"' in page(administrator, "/"), "no one click there"


def test_a_plain_request_for_an_active_name_shows_the_renewal(
    administrator: Client, hospital: Hospital
) -> None:
    certificate = known(hospital)
    sent = FORM | {
        "environment": "production",
        "identifier_id": str(hospital.identifier.pk),
        "application_id": certificate.application_id,
        "holder_id": str(hospital.holder.pk),
    }
    answer = administrator.post("/requests/new/", sent)
    assert answer.status_code == 422
    assert f'href="{address_of(certificate, "renew/")}"' in answer.content.decode()


# --- side by side


def test_both_pages_show_the_switch(administrator: Client, hospital: Hospital) -> None:
    old, new = pair(hospital)
    install(hospital, old)
    token(hospital, new)
    for certificate, other in ((old, new), (new, old)):
        body = page(administrator, address_of(certificate))
        assert "Both certificates live side by side" in body
        assert f'href="{address_of(other)}"' in body
        assert "1 installation of the old certificate is left" in body
        assert "The encryption token of the new certificate is active" in body
        assert "No self test was done" in body
        assert "No workstation has looked for key stores since" in body
        assert 'class="plot switch' in body
        assert "can be confirmed once" in body


def test_the_way_to_a_confirmed_switch(administrator: Client, hospital: Hospital) -> None:
    old, new = pair(hospital)
    installation = install(hospital, old)
    looked(hospital, "PC-APO-014")
    token(hospital, new)
    blocked = administrator.post(address_of(old, "switch"), {"reason": "toch maar"}, follow=True)
    assert "can be confirmed once a workstation holds" in blocked.content.decode()
    empty = administrator.post(f"/installations/{installation.pk}/accept", {"reason": " "}, follow=True)
    assert "Say why this installation" in empty.content.decode()
    accepted = administrator.post(
        f"/installations/{installation.pk}/accept", {"reason": "Oude reserve"}, follow=True
    )
    body = accepted.content.decode()
    assert "Oude reserve" in body
    assert "looked for key stores since: PC-APO-014" in body
    assert "Messages are sealed to the new token" in body
    assert "Why the switch is done" not in body
    proof(hospital, new)
    done = administrator.post(address_of(old, "switch"), follow=True).content.decode()
    assert "Confirmed on" in done
    with acting_for([hospital.organisation.pk]):
        assert Certificate.objects.get(pk=old.pk).switch_confirmed_at is not None
    install(hospital, old, machine="PC-LATER")
    assert "has found the old certificate since" in page(administrator, address_of(old))


def test_a_switch_with_a_line_open_asks_why(administrator: Client, hospital: Hospital) -> None:
    old, _new = pair(hospital)
    assert "Why the switch is done although a line above is open" in page(administrator, address_of(old))
    asked = administrator.post(address_of(old, "switch"), {"reason": " "}, follow=True).content.decode()
    assert "Say why the switch is done" in asked
    done = administrator.post(address_of(old, "switch"), {"reason": "Door de leverancier"}, follow=True)
    assert "Confirmed on" in done.content.decode()


# --- installations


def test_installations_are_listed_by_machine(
    viewer: Client, administrator: Client, hospital: Hospital
) -> None:
    old, new = pair(hospital)
    install(hospital, new, machine="B", package="HiX")
    install(hospital, old, machine="A", path="/x/1.p12")
    install(hospital, old, machine="C", gone_at=datetime.now(UTC))
    with acting_for([hospital.organisation.pk]):
        Installation.objects.create(
            organisation=hospital.organisation, device_id=old.pk, machine="D", path="/x/2.p12", file_digest="",
            name="CBE=0406798006, ONBEKEND", environment="production", estimated=True,
            first_seen_at=datetime.now(UTC), last_seen_at=datetime.now(UTC),
        )  # fmt: skip
    body = page(viewer, "/installations/")
    assert re.findall(r"<td><strong>(\w+)</strong></td>", body) == ["A", "B", "D"]
    assert [word for word in ("Old certificate", "Present certificate", "Not in the inventory") if word in body] == [
        "Old certificate", "Present certificate", "Not in the inventory"]  # fmt: skip
    assert "ONBEKEND" in body
    assert "Import this certificate" not in body
    assert "Import this certificate" in page(administrator, "/installations/")
    only = page(viewer, f"/installations/?certificate={old.pk}")
    assert re.findall(r"<td><strong>(\w+)</strong></td>", only) == ["A"]
    assert viewer.get("/installations/?certificate=x").status_code == 404


def test_installations_turn_their_pages(viewer: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    for index in range(104):
        install(hospital, certificate, machine=f"M{index // 60}", path=f"/{index:03}.p12")
    seen: list[str] = []
    query = ""
    for _ in range(3):
        body = page(viewer, f"/installations/{query}")
        seen += re.findall(r"/(\d{3})\.p12", body)
        found = re.findall(r'href="\?(after=[^"]+)"', body)
        query = f"?{found[0]}" if found else ""
    assert query == ""
    assert seen == [f"{index:03}" for index in range(104)]
    assert page(viewer, "/installations/?after=nonsense")


def test_queries_do_not_grow(administrator: Client, hospital: Hospital) -> None:
    device(hospital)
    old, new = pair(hospital)
    token(hospital, new)
    for index in range(30):
        certificate = known(hospital, 10 + index)
        install(hospital, old, machine=f"M{index}")
        if index % 3 == 0:
            renew(hospital, certificate)
    assert own_queries(administrator, "/")[1] == 13
    assert own_queries(administrator, "/certificates/?status=renewable")[1] == 7
    assert own_queries(administrator, address_of(old))[1] == 17
    assert own_queries(administrator, address_of(new))[1] == 18
    assert own_queries(administrator, "/installations/")[1] == 1


def test_the_dashboard_lists_the_soonest_first(administrator: Client, hospital: Hospital) -> None:
    names = {days: known(hospital, days).application_id for days in (50, 20, 80, 200)}
    body = page(administrator, "/")
    listed = re.findall(r"<strong>CBE=0406798006, (\w+)</strong>", body)
    assert listed == [names[20], names[50], names[80]]
    assert "3 certificates must be renewed" in body


def test_what_was_renewed_is_not_to_renew(administrator: Client, hospital: Hospital) -> None:
    old, _new = pair(hospital)
    dashboard = page(administrator, "/")
    assert "No certificate has to be renewed now." in dashboard
    assert dashboard.count('<circle class="mark soon" cx') == 1, "only in the key"
    for address in ("/certificates/", address_of(old)):
        assert re.search(r">\s*Renewed\s*<", page(administrator, address)), address
    assert "in the period in which it can be renewed" not in page(administrator, address_of(old))
    assert old.application_id not in page(administrator, "/certificates/?status=renewable")


def test_who_may_not_renew_reads_who_can(administrator: Client, hospital: Hospital) -> None:
    device(hospital)
    certificate = known(hospital)
    holder = signed_in(hospital.holder_user)
    words = "Een beheerder vraagt de hernieuwing aan; An Marie Peeters ondertekent ze."
    assert words in page(holder, address_of(certificate))
    assert words not in page(administrator, address_of(certificate))
    assert "Een beheerder" not in page(holder, address_of(known(hospital, 400)))
    with acting_for([hospital.organisation.pk]):
        Mandate.objects.all().update(withdrawn_on=date(2024, 1, 1))
    assert "Een beheerder doet dit." in page(holder, address_of(certificate))


def test_the_overview_says_how_many_renewals_are_on_their_way(
    administrator: Client, hospital: Hospital
) -> None:
    device(hospital)
    first, _second = known(hospital, 20), known(hospital, 50)
    assert "of them is on its way" not in page(administrator, "/")
    renew(hospital, first)
    body = page(administrator, "/")
    assert "2 certificates must be renewed" in body
    assert "The renewal of 1 of them is on its way" in body


def test_old_and_new_are_told_apart_and_what_is_left_is_one_click_away(
    administrator: Client, hospital: Hospital
) -> None:
    old, new = pair(hospital)
    install(hospital, old)
    install(hospital, new, path="/home/an/b.p12")
    listed = page(administrator, "/installations/")
    texts = re.findall(r'<a href="/certificates/[0-9a-f-]{36}/">(.*?)</a>', listed)
    assert len(set(texts)) == 2
    assert all("until" in one for one in texts)
    assert f'href="{address_of(old)}#installations"' in page(administrator, address_of(new))


def test_holders_see_no_button(hospital: Hospital) -> None:
    certificate = known(hospital)
    auditor = signed_in(member(hospital.organisation, Role.AUDITOR))
    body = page(auditor, "/")
    assert certificate.common_name in body
    assert "renew/" not in body


def test_the_overview_says_when_a_switch_gets_late(hospital: Hospital, administrator: Client) -> None:
    late = "its successor is not known to be in use everywhere"
    old, _new = pair(hospital)
    assert late not in page(administrator, "/"), "60 days are enough"
    near = shelve(hospital.organisation, old.application_id, 20)
    shelve(hospital.organisation, "without-successor", 20)
    shown = page(administrator, "/")
    assert f"{near.common_name} ends in 20 days, and {late}" in shown
    assert f"{address_of(near)}#switch" in shown
    assert shown.count(late) == 1
    with acting_for([hospital.organisation.pk]):
        Certificate.objects.filter(pk=near.pk).update(switch_confirmed_at=datetime.now(UTC))
    assert late not in page(administrator, "/")
