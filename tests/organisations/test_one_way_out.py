"""Whatever mail leaves the house can come back to it: there is one way out, and it names where to."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from organisations.domain.roles import Role
from organisations.models import ReturnedMail, User
from organisations.services.letters.accounts import CHANGES, LINK, account_letter
from organisations.services.letters.mail import send
from organisations.services.letters.returned import envelope_sender, take_returned_mail
from tests.organisations.test_returned_mail import notification
from tests.organisations.web.conftest import administrator, hospital
from tests.organisations.web.members import member, set_up_second_step
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.work import send_letters

__all__ = ["administrator", "hospital"]
pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
PASSWORD = "een-lang-woord-77"
ANOTHER = "een-ander-woord-88"
DOOR = "organisations/services/letters/mail.py"
CARRIER = "organisations/services/letters/smtp.py"
"""Django's way to a mail server, with a deadline: it carries what the door hands out, and writes nothing itself."""
DOORS = {
    "send_mail", "send_mass_mail", "mail_admins", "mail_managers", "get_connection", "smtplib", "email_user",
    "send_messages", "AdminEmailHandler",
}  # fmt: skip
"""By which names mail can leave with Django or Python."""


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    settings.BOUNCE_ADDRESS = "bounces@ehportal.example"
    with receiving_mail(settings) as made:
        yield made


def names_in(path: Path) -> Iterator[str]:
    """Every name that a module uses, reaches for, or imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
            case ast.ImportFrom(module=str(name)):
                yield name


def test_there_is_one_way_out() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for app in ("organisations", "certificates", "ehportal")
        for path in (ROOT / app).rglob("*.py")
        for name in names_in(path)
        if name in DOORS
    }
    assert {one.partition(":")[0] for one in found} == {DOOR, CARRIER}


def test_nothing_leaves_by_the_own_method_of_a_message() -> None:
    """`message.send()` would pass the door by: nobody but the door touches a message that is written."""
    pattern = re.compile(r"(letter|message|mail)\.send\(")
    for app in ("organisations", "certificates", "ehportal"):
        for path in (ROOT / app).rglob("*.py"):
            assert pattern.search(path.read_text()) is None, path


@pytest.mark.parametrize("name", [LINK, *CHANGES])
def test_each_letter_about_an_account_says_where_it_comes_back(sink: MailSink, name: str) -> None:
    user = User(email="Koen@maasdal.example", full_name="Koen Claes", language="nl")
    send(account_letter(name, user, "http://127.0.0.1/x/"))
    assert sink.senders == [envelope_sender("koen@maasdal.example")]
    assert "bounces" not in str(sink.mail_to("Koen@maasdal.example")["From"])


def test_without_a_bounce_address_it_is_the_platform_s_own(sink: MailSink, settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = ""
    send(EmailMultiAlternatives("Subject", "Text", to=["koen@maasdal.example"]))
    [sender] = sink.senders
    assert sender in settings.DEFAULT_FROM_EMAIL


@pytest.mark.parametrize("to", [[], ["a@maasdal.example", "b@maasdal.example"]])
def test_a_letter_goes_to_one_address(sink: MailSink, to: list[str]) -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        send(EmailMultiAlternatives("Subject", "Text", to=to))
    assert sink.mails == []


def test_what_the_account_pages_send_can_all_come_back(hospital: Hospital, sink: MailSink) -> None:
    """Walked on the pages: each way in which allauth writes to somebody here."""
    user, client = member(hospital.organisation, Role.VIEWER), Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    assert send_letters() == 1
    [(_to, letter)] = sink.mails
    body = letter.get_body(("plain",))
    assert body is not None
    [link] = set(re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", body.get_content()))
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    set_up_second_step(client)
    new = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    client.post("/accounts/password/change/", new)
    client.post("/accounts/2fa/totp/deactivate/")
    assert sink.mails[1:] == [], "no page sends one itself"
    assert send_letters() == 4
    subjects = [str(mail["Subject"]) for _to, mail in sink.mails]
    assert len(subjects) == len(set(subjects)) == 5
    assert sink.senders == [envelope_sender(user.email)] * 5


def test_one_that_comes_back_marks_the_address_on_the_page(
    administrator: Client, hospital: Hospital, sink: MailSink
) -> None:
    user = member(hospital.organisation, Role.VIEWER)
    Client().post("/accounts/password/reset/", {"email": user.email})
    send_letters()
    [back_to] = sink.senders
    assert take_returned_mail(notification(back_to, user.email), now=datetime.now(UTC))
    assert ReturnedMail.objects.get().address == user.email
    page = administrator.get("/organisation/").content.decode()
    assert "550 5.1.1 no such mailbox" in page
