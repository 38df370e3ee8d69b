"""An imported certificate that bears nobody's number is found by itself, in what works for the organisation."""

import secrets
from typing import Any

import pytest

from certificates.services.installations.match import match_waiting_installations
from organisations.tenancy import acting_for
from tests.certificates.installations.test_reports import entry, reporter, rows, send
from tests.certificates.stages import now
from tests.certificates.web.shelf import shelve
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.usefixtures("government")
__all__ = ["reporter"]
NOBODYS: dict[str, Any] = {
    "identifier_type": "",
    "identifier_value": "",
    "common_name": "mail.maasdal.example",
    "subject": "CN=mail.maasdal.example,O=AZ Maasdal,C=BE",
    "chain_trusted": False,
}


def test_it_is_matched_by_its_fingerprint(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "", 300, **NOBODYS)
    assert send(reporter, entry("mail.p12", certificate)) == (1, 0, 0)
    [row] = rows(hospital)
    assert (row.certificate_id, row.gone_at) == (certificate.pk, None)
    assert send(reporter) == (0, 0, 1)
    assert rows(hospital)[0].gone_at is not None


def test_neither_its_key_nor_its_name_is_asked_for(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "", 300, **NOBODYS)
    by_key = entry("a.p12", certificate, fingerprint=None)
    another = entry("b.p12", certificate, fingerprint=secrets.token_hex(32))
    assert send(reporter, by_key, another) == (0, 2, 0)
    assert rows(hospital) == []


def test_one_that_holds_a_persons_number_stays_that_persons(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "", 300, **NOBODYS, holds_number=True)
    assert send(reporter, entry("a.p12", certificate)) == (0, 1, 0)
    assert rows(hospital) == []


def test_a_workstation_that_does_not_work_for_the_organisation_tells_it_nothing(
    hospital: Hospital, reporter: Holder
) -> None:
    other = make_hospital()
    certificate = shelve(other.organisation, "", 300, **NOBODYS)
    assert send(reporter, entry("a.p12", certificate)) == (0, 1, 0)
    assert rows(other) == []


def test_a_number_that_nobody_has_proven_still_hides_it(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300, value="0809394427")
    assert send(reporter, entry("a.p12", certificate)) == (0, 1, 0)
    assert rows(hospital) == []


def test_what_comes_into_the_inventory_later_is_found_at_the_next_look(
    hospital: Hospital, reporter: Holder
) -> None:
    fingerprint = secrets.token_hex(32)
    found = entry(
        "mail.p12", fingerprint=fingerprint, subject=NOBODYS["subject"], not_after=now().isoformat()
    )
    assert send(reporter, found) == (0, 1, 0)
    certificate = shelve(hospital.organisation, "", 300, **NOBODYS, fingerprint=fingerprint)
    with acting_for([hospital.organisation.pk], as_platform=True):
        match_waiting_installations(hospital.organisation)
    assert send(reporter, found) == (1, 0, 0)
    assert [row.certificate_id for row in rows(hospital)] == [certificate.pk]
