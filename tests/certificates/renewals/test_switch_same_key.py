"""A renewal that kept its key: what still holds another certificate of it is not switched, and stands in the list."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from certificates.errors.renewals import CannotConfirmSwitch
from certificates.models import Certificate, Installation
from organisations.tenancy import acting_for
from tests.certificates.installations.test_reports import entry, reporter, rows, send
from tests.certificates.renewals.ending import install, login, looked, pair, proof, reload, token
from tests.certificates.renewals.test_switch import accept, confirm, look
from tests.certificates.stages import now
from tests.certificates.web.shelf import shelve
from tests.organisations.web.conftest import administrator
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital

__all__ = ["administrator", "reporter"]


def switching(hospital: Hospital) -> tuple[Certificate, Certificate]:
    """An old and a new certificate of one key, of which all is done but what a test adds."""
    old, new = pair(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=old.pk).update(public_key_identifier=new.public_key_identifier)
    looked(hospital)
    token(hospital, new)
    proof(hospital, new)
    login(hospital, new)
    install(hospital, new, path="/new.p12")
    return reload(hospital, old.pk), new


def twin(hospital: Hospital, old: Certificate, **fields: Any) -> Installation:
    """An installation in which another certificate of the key was read, that nobody knows here."""
    values = {
        "fingerprint": secrets.token_hex(32),
        "public_key_identifier": old.public_key_identifier,
        "not_after": now() - timedelta(days=5),
        "path": "/srv/older.p12",
    }
    made = install(hospital, old, **(values | fields))
    with acting_for([hospital.organisation.pk], as_platform=True):
        Installation.objects.filter(pk=made.pk).update(certificate=None)
        return Installation.objects.get(pk=made.pk)


def test_it_stands_in_the_way_until_it_is_accepted(hospital: Hospital) -> None:
    old, new = switching(hospital)
    assert look(hospital, old, new).open == ()
    one = twin(hospital, old)
    assert look(hospital, old, new).in_the_way == (one,)
    assert look(hospital, old, new).open == ("installations",)
    with pytest.raises(CannotConfirmSwitch):
        confirm(hospital, old)
    accept(hospital, one, old, "wordt vrijdag vervangen")
    assert look(hospital, old, new).open == ()
    confirm(hospital, old)


def test_it_never_counts_as_the_new_one(hospital: Hospital) -> None:
    old = shelve(hospital.organisation, "EHBOX", 60)
    new = shelve(hospital.organisation, "EHBOX", 1090, public_key_identifier=old.public_key_identifier)
    twin(hospital, old)
    assert not look(hospital, old, new).new_installed
    assert "key_store" in look(hospital, old, new).open


@pytest.mark.parametrize("left", [True, False])
def test_only_what_ends_after_the_new_one_is_none_left_behind(hospital: Hospital, *, left: bool) -> None:
    old, new = switching(hospital)
    twin(hospital, old, not_after=None if left else new.not_after + timedelta(days=1))
    assert bool(look(hospital, old, new).in_the_way) is left


def test_another_key_another_organisation_and_what_is_gone_are_nothing_to_it(hospital: Hospital) -> None:
    old, new = switching(hospital)
    twin(hospital, old, public_key_identifier=secrets.token_hex(20))
    twin(hospital, old, gone_at=now(), path="/gone.p12")
    other = make_hospital()
    theirs = shelve(other.organisation, "X", 60, public_key_identifier=old.public_key_identifier)
    twin(other, theirs)
    assert look(hospital, old, new).left == ()


def test_the_page_names_it_and_lets_it_be_accepted(hospital: Hospital, administrator: Client) -> None:
    old, new = switching(hospital)
    one = twin(hospital, old)
    for certificate in (old, new):
        page = administrator.get(f"/certificates/{certificate.pk}/").content.decode()
        panel = page.partition('id="switch"')[2].partition("</section>")[0]
        assert "PC-APO-014, /srv/older.p12 – Another certificate of the same key, ended" in panel
        assert "1 installation of the old certificate is left" in panel
    address = f"/installations/{one.pk}/accept"
    assert address in administrator.get(f"/certificates/{old.pk}/").content.decode()
    answer = administrator.post(address, {"reason": "wordt vrijdag vervangen"})
    assert (answer.status_code, answer["Location"]) == (302, f"/certificates/{old.pk}/")
    page = administrator.get(f"/certificates/{old.pk}/").content.decode()
    assert "wordt vrijdag vervangen" in page
    assert "older.p12 – Another" not in page
    assert look(hospital, old, new).open == ()


def test_what_is_of_no_key_here_cannot_be_accepted(hospital: Hospital, administrator: Client) -> None:
    old, _new = switching(hospital)
    one = twin(hospital, old, public_key_identifier=secrets.token_hex(20))
    assert administrator.post(f"/installations/{one.pk}/accept", {"reason": "x"}).status_code == 404


@pytest.mark.usefixtures("government")
def test_a_look_that_does_not_open_it_again_keeps_it_in_the_list(
    hospital: Hospital, reporter: Holder
) -> None:
    old, new = switching(hospital)
    opened = entry("a.p12", old, fingerprint=secrets.token_hex(32))
    assert send(reporter, opened) == (0, 1, 0)
    assert send(reporter, opened | {"public_key_identifier": None, "subject": old.subject}) == (0, 1, 0)
    [one] = [row for row in rows(hospital) if row.path == opened["path"]]
    assert one.public_key_identifier == old.public_key_identifier
    assert look(hospital, old, new).in_the_way == (one,)


@pytest.mark.usefixtures("government")
def test_of_two_of_a_key_the_key_alone_tells_the_older(hospital: Hospital, reporter: Holder) -> None:
    old, _new = switching(hospital)
    send(reporter, entry("a.p12", old, fingerprint=None))
    [one] = [row for row in rows(hospital) if row.path.endswith("/a.p12") and row.machine == "PC-APO-014"]
    assert one.certificate_id == old.pk, "nothing counts as switched by its key alone"
