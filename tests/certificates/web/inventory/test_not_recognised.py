"""What is not recognised, ended, suspended or being revoked: pages say what it is, and offer what helps."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from certificates.models import Certificate
from organisations.tenancy import acting_for
from tests.certificates.revocations.stages import ask as ask_to_revoke
from tests.certificates.samples import ehealth, pem
from tests.certificates.web.inventory.test_pages import _upload
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def renew_buttons(text: str) -> int:
    return text.count("/renew/")


def test_a_self_made_certificate_is_green_nowhere(administrator: Client, hospital: Hospital) -> None:
    made = shelve(hospital.organisation, "MINE", 60, chain_trusted=False)
    listed, shown = page(administrator, "/certificates/"), page(administrator, f"/certificates/{made.pk}/")
    for text in (listed, shown):
        assert '<span class="state bad">Not recognised' in text or 'pill bad">Not recognised' in text
        assert 'class="state good">Valid' not in text
        assert renew_buttons(text) == 0
    assert "This certificate is not recognised" in shown
    front = page(administrator, "/")
    assert "status=not_recognised" in front
    assert "must be renewed" not in front
    assert made.common_name in page(administrator, "/certificates/?status=not_recognised")
    for status in ("valid", "renewable", "ends_soon"):
        assert made.common_name not in page(administrator, f"/certificates/?status={status}")


def test_the_preview_points_out_whose_it_is(administrator: Client, hospital: Hospital) -> None:
    ours, theirs = ehealth(application_id="OURS"), ehealth(value="0417497106", application_id="THEIRS")
    address = _upload(administrator, ("a.pem", pem(ours) + pem(theirs)))
    text = page(administrator, address)
    assert text.count("is no number of your organisation") == 1
    assert "CBE 0417497106 is no number" in text
    assert text.count("Not recognised: it leads to no known authority") == 2
    assert " checked" not in text, "neither is taken in unless somebody ticks it"
    administrator.post(address, {"take": ["0", "1"]})
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.filter(chain_trusted=False).count() == 2, "who ticks it may have it"


def test_expired_ones_are_listed_on_the_first_page(administrator: Client, hospital: Hospital) -> None:
    gone = shelve(hospital.organisation, "GONE", -3)
    shelve(hospital.organisation, "RENEWED", -3)
    shelve(hospital.organisation, "RENEWED", 900)
    text = page(administrator, "/")
    part = text[text.index('id="ended"') : text.index('id="underway"')]
    assert gone.common_name in part
    assert "RENEWED" not in part


def being_revoked(hospital: Hospital) -> Certificate:
    return ask_to_revoke(hospital, shelve(hospital.organisation, "ENDING", 40)).certificate


def suspended(hospital: Hospital) -> Certificate:
    fields: dict[str, Any] = {"revocation_status": "on_hold", "revocation_reason": "certificateHold"}
    return shelve(hospital.organisation, "HELD", 40, **fields)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (being_revoked, ("Being revoked", "Its revocation is on its way")),
        (suspended, ("Suspended, may be lifted", "This is not final: it may be lifted.")),
    ],
)
def test_no_renewal_is_offered(
    administrator: Client, hospital: Hospital, made: Callable[[Hospital], Certificate], words: tuple[str, ...]
) -> None:
    certificate = made(hospital)
    shown = page(administrator, f"/certificates/{certificate.pk}/")
    for word in words:
        assert word in shown
    for address in ("/", "/certificates/", f"/certificates/{certificate.pk}/"):
        assert renew_buttons(page(administrator, address)) == 0, address


def test_asked_in_vain_is_not_never_asked(administrator: Client, hospital: Hospital) -> None:
    asked = shelve(hospital.organisation, "ASKED", 400, revocation_status="unknown")
    never = shelve(
        hospital.organisation, "NEVER", 400, revocation_status="unknown", revocation_checked_at=None
    )
    texts = [page(administrator, f"/certificates/{one.pk}/") for one in (asked, never)]
    assert "Asked, without an answer that counts" in texts[0]
    assert ["Not checked yet" in text for text in texts] == [False, True]
