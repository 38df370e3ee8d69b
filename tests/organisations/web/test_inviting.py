"""Inviting somebody: what the form asks and refuses, and the operator's way."""

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from organisations.domain.roles import Role
from organisations.models import Invitation
from organisations.tenancy import acting_for, organisations_of_user
from tests.organisations.web.invitations import NEW, ask, begin, invited, letter_link, user_at
from tests.organisations.web.members import member, own_queries
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink, receiving_mail


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


class TestWhatIsAsked:
    """The form, and what it refuses."""

    def test_the_picker_has_no_preset_and_each_role_says_what_it_may(self, administrator: Client) -> None:
        page = administrator.get("/organisation/members/new/").content.decode()
        radios = re.findall(r'<input type="radio" name="role"[^>]*>', page)
        assert len(radios) == len(Role)
        assert not [one for one in radios if "checked" in one]
        for sentence in ("Signs requests with the own identity card.", "Sees the certificates."):
            assert sentence in page
        refused = ask(administrator, role="")
        assert "Choose what this person may do." in refused
        assert NEW in refused

    def test_the_same_is_not_asked_twice(self, administrator: Client, hospital: Hospital) -> None:
        ask(administrator)
        assert "is invited to this role already" in ask(administrator, email=NEW.upper())
        assert "is invited:" in ask(administrator, role="viewer"), "another role is another question"
        auditor = member(hospital.organisation, Role.AUDITOR)
        assert "has this role already" in ask(administrator, email=auditor.email)

    def test_the_page_asks_no_more_for_more_invitations(
        self, administrator: Client, hospital: Hospital
    ) -> None:
        invited(hospital, NEW)
        before = own_queries(administrator, "/organisation/")[1]
        for number in range(5):
            invited(hospital, f"nummer{number}@maasdal.example")
        assert own_queries(administrator, "/organisation/")[1] == before

    def test_other_tenants_see_none(self, hospital: Hospital, other_hospital: Hospital) -> None:
        invited(hospital, NEW)
        with acting_for([other_hospital.organisation.pk], as_platform=True):
            assert Invitation.objects.count() == 0


class TestTheOperator:
    """The first administrator, and another way in when the letter was lost."""

    def test_the_letter_goes_out_again(
        self, db: None, sink: MailSink, capsys: pytest.CaptureFixture[str], client: Client
    ) -> None:
        sink.unknown = {NEW}
        call_command("add_organisation", "AZ Maasdal", NEW, "Nele Nieuw", language="fr")
        said = capsys.readouterr().out
        assert "550 5.1.1" in said
        (organisation,) = re.findall(r"\(([0-9a-f-]{36})\)", said)
        sink.unknown = set()
        call_command("invite_administrator", organisation, NEW, "Nele Nieuw")
        assert "is on its way" in capsys.readouterr().out
        begin(client, letter_link(sink, NEW))
        user = user_at(NEW)
        assert user is not None
        assert [str(one) for one in organisations_of_user(user.pk)] == [organisation]
        assert user.language == "fr"
