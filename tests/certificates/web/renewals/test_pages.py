"""Renewal, switch and installations on the pages: who may, whose rows, how many queries, and each way out."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from certificates.domain.lifecycle import RequestState
from certificates.models import Certificate, CertificateRequest
from organisations.domain.roles import Role
from organisations.models import Mandate, Person
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import (
    RECORD,
    colleague,
    device,
    install,
    known,
    pair,
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
    with acting_for([hospital.organisation.pk], as_platform=True):
        made = CertificateRequest.objects.get(replaces=certificate)
    for address in ("/", "/certificates/", address_of(certificate)):
        body = page(administrator, address)
        assert f'action="{address_of(certificate, "renew/")}"' not in body, address
        assert f'href="/requests/{made.pk}/"' in body, address
    again = administrator.post(
        address_of(certificate, "renew/"), {"known": "1"}, follow=True
    ).content.decode()
    assert "Its renewal is on its way" in again
    with acting_for([hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
        Person.objects.filter(pk=hospital.holder.pk).update(left_on=date(2026, 1, 1))
    body = page(administrator, address_of(certificate))
    assert "The holder has left" in body
    form = page(administrator, address_of(certificate, "renew/"))
    assert f'value="{other.pk}"' in form
    assert f'value="{hospital.holder.pk}"' not in form
    administrator.post(address_of(certificate, "renew/"), FORM | {"holder_id": str(other.pk)})
    with acting_for([hospital.organisation.pk], as_platform=True):
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


def test_queries_do_not_grow(administrator: Client, hospital: Hospital) -> None:
    device(hospital)
    old, new = pair(hospital)
    token(hospital, new)
    for index in range(30):
        certificate = known(hospital, 10 + index)
        install(hospital, old, machine=f"M{index}")
        if index % 3 == 0:
            renew(hospital, certificate)
    assert own_queries(administrator, "/")[1] == 20
    assert own_queries(administrator, "/certificates/?status=renewable")[1] == 11
    assert own_queries(administrator, address_of(old))[1] == 23
    assert own_queries(administrator, address_of(new))[1] == 24
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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


def test_holders_see_no_button(hospital: Hospital) -> None:
    certificate = known(hospital)
    auditor = signed_in(member(hospital.organisation, Role.AUDITOR))
    body = page(auditor, "/")
    assert certificate.common_name in body
    assert "renew/" not in body
