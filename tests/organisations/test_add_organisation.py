"""The first tenant of an installation, made from the command line."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from ehportal.operation.catalogues import compile_catalogues
from organisations.models import AuditEvent, Invitation, Membership, User
from organisations.services.letters.invitations import AFTER_OUTAGE
from organisations.tenancy import acting_for
from tests.organisations.web.invitations import begin, letter_link
from tests.support.mail_sink import receiving_mail

ADDRESS = "els@maasdal.example"
pytestmark = pytest.mark.django_db
compile_catalogues()


def test_its_administrator_is_invited(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    settings.ORIGIN = "https://certificaten.maasdal.example"
    with receiving_mail(settings) as sink:
        call_command("add_organisation", "AZ Maasdal", ADDRESS, "Els Wouters", language="fr")
    said = capsys.readouterr().out
    assert f"The invitation is on its way to {ADDRESS}" in said
    text = sink.text_to(ADDRESS)
    assert "AZ Maasdal" in text
    assert "https://certificaten.maasdal.example/invitations/" in text
    assert "Administrateur" in text
    (key,) = re.findall(r"\(([0-9a-f-]{36})\)", said)
    with acting_for([UUID(key)], as_platform=True):
        assert not Membership.objects.exists(), "nobody has a role before agreeing to it"
        actions = list(AuditEvent.objects.order_by("happened_at", "id").values_list("action", flat=True))
    assert sorted(actions) == ["invitation_made", "invitation_sent", "organisation_added"]
    begin(Client(), letter_link(sink, ADDRESS))
    user = User.objects.get(email=ADDRESS)
    with acting_for([UUID(key)], as_platform=True):
        assert [(one.role, one.organisation.name) for one in Membership.objects.filter(user=user)] == [
            ("administrator", "AZ Maasdal")
        ]


def test_a_mail_server_that_is_away_is_said(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "organisations.services.letters.smtp.Backend", 1
    call_command("add_organisation", "AZ Maasdal", ADDRESS, "Els Wouters")
    said = capsys.readouterr().out
    assert "The mail server did not take the letter" in said
    assert "manage.py invite_administrator " in said
    with acting_for([UUID(re.findall(r"administrator ([0-9a-f-]{36})", said)[0])], as_platform=True):
        [invitation] = Invitation.objects.all()
    assert invitation.next_attempt_at is not None, "it is tried again by itself"
    assert invitation.next_attempt_at <= datetime.now(UTC) + AFTER_OUTAGE


@pytest.mark.parametrize(
    ("name", "email", "person"),
    [("  ", "els@maasdal.example", "Els"), ("AZ", "els", "Els"), ("AZ", "els@maasdal.example", " ")],
)
def test_what_cannot_be_is_said(name: str, email: str, person: str) -> None:
    with pytest.raises(CommandError):
        call_command("add_organisation", name, email, person)
    assert not User.objects.filter(email="els@maasdal.example").exists()
