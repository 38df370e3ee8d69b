"""Contact data and basic services of the organisation, with which requests and renewals are filled in."""

import re
from typing import Any

from django.test import Client

from certificates.services.renewals.plan import plan_renewal
from organisations.models import AuditEvent, Organisation
from organisations.tenancy import acting_for
from tests.certificates.reminders.test_reminders import now
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital

PATH = "/organisation/contact/"
GIVEN: dict[str, Any] = {
    "email_private": "ict@maasdal.example", "phone_private": "+32 11 22 33 44", "email_general": "",
    "phone_general": "", "base_service_usages": ["tsa"],
}  # fmt: skip


def here(hospital: Hospital) -> Organisation:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Organisation.objects.get(pk=hospital.organisation.pk)


def test_requests_and_renewals_start_from_them(administrator: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APP", 20)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert plan_renewal(one, now=now()).contact.missing == ("email_private", "phone_private")
    administrator.post(PATH, GIVEN)
    kept = here(hospital)
    assert kept.contact_defaults == {
        "email_private": "ict@maasdal.example", "phone_private": "+32 11 22 33 44", "base_service_usages": ["tsa"],
    }  # fmt: skip
    with acting_for([hospital.organisation.pk], as_platform=True):
        one.organisation = kept
        plan = plan_renewal(one, now=now())
        assert AuditEvent.objects.filter(action="contact_defaults_kept").count() == 1
    assert plan.one_click
    assert plan.contact.base_service_usages == ("tsa",)
    form = administrator.get("/requests/new/").content.decode()
    assert 'value="ict@maasdal.example"' in form
    administrator.post(PATH, GIVEN)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AuditEvent.objects.filter(action="contact_defaults_kept").count() == 1, "nothing changed"


def test_what_a_certificate_says_itself_is_stronger(administrator: Client, hospital: Hospital) -> None:
    administrator.post(PATH, GIVEN)
    record = {"email_private": "apotheek@maasdal.example", "base_service_usages": []}
    one = shelve(hospital.organisation, "APP", 20, contact_data=record)
    with acting_for([hospital.organisation.pk], as_platform=True):
        one.organisation = here(hospital)
        contact = plan_renewal(one, now=now()).contact
    assert contact.email_private == "apotheek@maasdal.example"
    assert contact.phone_private == "+32 11 22 33 44"
    assert contact.base_service_usages == (), "its services are known: none"


def test_bad_data_is_refused_and_the_later_one_is_told(administrator: Client, hospital: Hospital) -> None:
    assert administrator.post(PATH, GIVEN | {"email_private": "nobody"}).status_code == 422
    assert administrator.post(PATH, GIVEN | {"base_service_usages": ["odd"]}).status_code == 422
    seen = re.search(r'name="seen" value="([^"]*)"', administrator.get(PATH).content.decode())
    assert seen is not None
    administrator.post(PATH, GIVEN | {"seen": seen[1]})
    stale = administrator.post(PATH, GIVEN | {"seen": seen[1], "phone_private": "+32 2 000 00 00"})
    assert stale.status_code == 422
    assert here(hospital).contact_defaults["phone_private"] == "+32 11 22 33 44"
    administrator.post(PATH, {"email_private": ""})
    assert here(hospital).contact_defaults == {}


def test_whoever_does_not_manage_changes_nothing(
    viewer: Client, stranger: Client, hospital: Hospital
) -> None:
    assert viewer.get(PATH).status_code == 403
    assert viewer.post(PATH, GIVEN).status_code == 403
    stranger.post(PATH, GIVEN)
    assert here(hospital).contact_defaults == {}
    assert Client().get(PATH).status_code == 302
