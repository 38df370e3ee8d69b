"""A renewal that kept its key: the machine that still has the old certificate is not taken for one with the new."""

import secrets
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from certificates.models import Installation
from certificates.services.renewals.confirm_switch import checklist_of
from organisations.tenancy import acting_for
from tests.certificates.installations.test_reports import entry, reporter, rows, send
from tests.certificates.stages import now
from tests.certificates.web.shelf import shelve
from tests.organisations.web.conftest import administrator
from tests.support.holder import Holder
from tests.support.hospital import Hospital

pytestmark = pytest.mark.usefixtures("government")
__all__ = ["administrator", "reporter"]


def test_another_certificate_of_the_same_key(
    hospital: Hospital, reporter: Holder, administrator: Client
) -> None:
    new = shelve(hospital.organisation, "EHBOX", 900)
    ended = now() - timedelta(days=5)
    found = entry("a.p12", new, fingerprint=secrets.token_hex(32), not_after=ended.isoformat())
    assert send(reporter, found) == (0, 1, 0)
    [row] = rows(hospital)
    assert (row.certificate_id, row.public_key_identifier) == (None, new.public_key_identifier)
    for address in ("/installations/", f"/certificates/{new.pk}/"):
        page = administrator.get(address).content.decode()
        assert "Another certificate of the same key, ended" in page
        assert "Present certificate" not in page
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not checklist_of(new, new).new_installed, "it is not switched"


def test_a_foreign_name_with_our_key_is_kept_too(hospital: Hospital, reporter: Holder) -> None:
    new = shelve(hospital.organisation, "EHBOX", 900)
    found = entry("a.p12", new, fingerprint=secrets.token_hex(32), subject="CN=renamed,O=elsewhere,C=BE")
    send(reporter, found)
    assert len(rows(hospital)) == 1


def test_of_two_in_the_inventory_the_one_that_was_read_counts(hospital: Hospital, reporter: Holder) -> None:
    key = secrets.token_hex(20)
    old, new = (shelve(hospital.organisation, "EHBOX", days, public_key_identifier=key) for days in (-5, 900))
    send(reporter, entry("a.p12", old), entry("b.p12", new))
    assert [row.certificate_id for row in rows(hospital)] == [old.pk, new.pk]


def test_where_only_the_key_was_read_it_is_enough(hospital: Hospital, reporter: Holder) -> None:
    new = shelve(hospital.organisation, "EHBOX", 900)
    assert send(reporter, entry("a.p12", new, fingerprint=None)) == (1, 0, 0)
    assert rows(hospital)[0].certificate_id == new.pk


def test_machines_of_one_name_are_told_apart(
    hospital: Hospital, reporter: Holder, administrator: Client
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 900)
    send(reporter, entry("a.p12", certificate))
    assert "workstation " not in administrator.get("/installations/").content.decode()
    [mine] = rows(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        values = Installation.objects.filter(pk=mine.pk).values().get() | {
            "id": uuid4(),
            "device_id": uuid4(),
        }
        other = Installation.objects.create(**values)
    page = administrator.get("/installations/").content.decode()
    assert f"workstation {mine.mark}" in page
    assert f"workstation {other.mark}" in page
    assert mine.mark in administrator.get("/organisation/").content.decode(), (
        "as the list of workstations has it"
    )
