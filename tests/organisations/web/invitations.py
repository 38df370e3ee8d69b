"""Walking the way of the invited, as far as the letter's page: what tests of several subjects begin with."""

import re
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from organisations.domain.roles import Role
from organisations.models import Invitation, User
from organisations.services.invitations import invite
from organisations.services.letters.invitations import send_invitation
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital
from tests.support.mail_sink import MailSink

PASSWORD = "een-lang-woord-77"

NEW = "nele.nieuw@maasdal.example"
"""Who has no account yet."""


def ask(client: Client, **fields: str) -> str:
    """Ask somebody to take a role, through the form; return the page that follows."""
    values = {"email": NEW, "full_name": "Nele Nieuw", "role": "auditor", "language": "nl"} | fields
    answer = client.post("/organisation/members/new/", values, follow=True)
    return answer.content.decode()


def invited(hospital: Hospital, email: str, role: Role = Role.VIEWER, **fields: Any) -> Invitation:
    """Invite somebody as the hospital's administrator does."""
    values: dict[str, Any] = {
        "email": email, "full_name": "Nele Nieuw", "role": role, "language": "nl",
        "invited_by": hospital.administrator, "actor": PLATFORM, "now": datetime.now(UTC),
    } | fields  # fmt: skip
    with acting_for([hospital.organisation.pk], as_platform=True):
        return invite(hospital.organisation, **values)


def sent(invitation: Invitation) -> None:
    """Do what the worker does with it."""
    send_invitation(invitation.organisation_id, invitation.pk, now=datetime.now(UTC))


def link_in(text: str) -> str:
    """Return the path of the invitation that a letter leads to."""
    (found,) = set(re.findall(r"https?://[^/\s]+(/invitations/\S+/)", text))
    return str(found)


def letter_link(sink: MailSink, address: str) -> str:
    """Return the path in the newest letter to an address."""
    *_, message = [message for to, message in sink.mails if to == [address]]
    body = message.get_body(("plain",))
    assert body is not None
    return link_in(str(body.get_content()))


def reload(invitation: Invitation) -> Invitation:
    """Return the row as it is now."""
    with acting_for([invitation.organisation_id], as_platform=True):
        return Invitation.objects.select_related("organisation", "invited_by").get(pk=invitation.pk)


def begin(client: Client, link: str, password: str = PASSWORD) -> Any:
    """Choose the first password on the page of the invitation."""
    return client.post(link, {"password1": password, "password2": password})


def user_at(address: str) -> User | None:
    """The account with an address."""
    return User.objects.filter(email=address).first()
