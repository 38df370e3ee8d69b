"""What a letter only counts: its link leads to the list of certificates, narrowed to what the letter told."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from certificates.models import NoticePolicy
from organisations.domain.roles import Role
from organisations.models import Correspondent, Organisation
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import remind_organisation

pytestmark = pytest.mark.django_db

NAMES = {
    name: 20 + number for number, name in enumerate(("EEN", "TWEE", "DRIE", "VIER", "VIJF", "ZES", "ZEVEN"))
}


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def remind(hospital: Hospital) -> None:
    now, here = datetime.now(UTC), hospital.organisation
    with acting_for([here.pk], as_platform=True):
        Organisation.objects.filter(pk=here.pk).update(reminders_due_at=now)
    remind_organisation(here.pk, now=now)


def test_the_rest_of_a_letter_is_a_list_of_exactly_what_it_told(hospital: Hospital, sink: MailSink) -> None:
    for name, days in NAMES.items():
        shelve(hospital.organisation, name, days)
    remind(hospital)
    shelve(hospital.organisation, "LATER", 25)
    shelve(hospital.organisation, "RUHIG", 400)
    text = sink.text_to(hospital.administrator.email, "plain")
    assert "nog 2" in text
    [link] = re.findall(r"http\S+/certificates/\?told=\S+", text)
    assert link in sink.text_to(hospital.administrator.email, "html").replace("&amp;", "&")
    client = signed_in(hospital.administrator)
    parts = urlsplit(link)
    found = client.get(f"{parts.path}?{parts.query}", follow=True).content.decode()
    assert all(name in found for name in NAMES)
    assert "LATER" not in found
    assert "RUHIG" not in found
    narrowed = client.get(f"{parts.path}?{parts.query.split('&')[0]}&q=zeven").content.decode()
    assert "ZEVEN" in narrowed
    assert "VIER" not in narrowed
    assert parts.query.split("&")[0] in narrowed, "narrowed further it stays that letter's"


def test_an_address_outside_is_led_to_no_page(hospital: Hospital, sink: MailSink) -> None:
    now, here = datetime.now(UTC), hospital.organisation
    for name, days in NAMES.items():
        shelve(here, name, days)
    with acting_for([here.pk], as_platform=True):
        desk = Correspondent.objects.create(
            organisation=here, name="Servicedesk", email="desk@netwerk.example", language="nl",
            added_by=hospital.administrator, agreed_at=now,
        )  # fmt: skip
        NoticePolicy.objects.create(organisation=here, correspondents=[desk.pk])
    remind(hospital)
    text = sink.text_to(desk.email, "plain")
    assert "nog 2" in text
    assert "/certificates/" not in text


def test_the_letter_of_another_organisation_narrows_to_nothing(hospital: Hospital, sink: MailSink) -> None:
    for name, days in NAMES.items():
        shelve(hospital.organisation, name, days)
    remind(hospital)
    [link] = re.findall(r"told=([0-9a-f-]{36})", sink.text_to(hospital.administrator.email, "plain"))
    other = make_hospital(name="Clinique des Tilleuls", cbe="0403198811", ssin="93051822361")
    shelve(other.organisation, "NICHTS", 20)
    client = signed_in(member(other.organisation, Role.VIEWER))
    assert "NICHTS" not in client.get(f"/certificates/?told={link}").content.decode()
