"""The first tenant of an installation, made from the command line."""

import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from deploy.stack.translations import compile_catalogues
from organisations.models import AuditEvent, Membership, User
from organisations.tenancy import acting_for, organisations_of_user

pytestmark = pytest.mark.django_db
compile_catalogues()


def test_its_administrator_can_begin(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("add_organisation", "AZ Maasdal", "els@maasdal.example", "Els Wouters", language="fr")
    address = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", capsys.readouterr().out)[0]
    user = User.objects.get(email="els@maasdal.example")
    [organisation] = organisations_of_user(user.pk)
    with acting_for([organisation], as_platform=True):
        assert [(one.role, one.organisation.name) for one in Membership.objects.all()] == [
            ("administrator", "AZ Maasdal")
        ]
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert actions == {"organisation_added", "role_given"}
    assert Client().post(address, {"email": user.email}).status_code == 302
    assert [message.to for message in mail.outbox] == [[user.email]]


@pytest.mark.parametrize(
    ("name", "email", "person"),
    [("  ", "els@maasdal.example", "Els"), ("AZ", "els", "Els"), ("AZ", "els@maasdal.example", " ")],
)
def test_what_cannot_be_is_said(name: str, email: str, person: str) -> None:
    with pytest.raises(CommandError):
        call_command("add_organisation", name, email, person)
    assert not User.objects.filter(email="els@maasdal.example").exists()
