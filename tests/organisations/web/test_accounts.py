"""What the account pages must not allow, and how a new member gets a password."""

import re

import pytest
from django.core import mail
from django.test import Client

from organisations.domain.roles import Role
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
COLLEAGUE = "directie@maasdal.example"


@pytest.mark.parametrize("second_factor", [True, False])
def test_nobody_takes_another_address(hospital: Hospital, second_factor: bool) -> None:
    """Roles are given by address: who could call himself the director would be made administrator."""
    user = member(hospital.organisation, Role.VIEWER)
    client = signed_in(user) if second_factor else Client()
    client.force_login(user, backend=BACKEND)
    assert client.get("/accounts/email/").status_code == 404
    for action in ("action_add", "action_primary"):
        assert client.post("/accounts/email/", {action: "", "email": COLLEAGUE}).status_code == 404
    address = user.email
    user.refresh_from_db()
    assert user.email == address


def test_a_new_member_chooses_a_password_by_mail(hospital: Hospital) -> None:
    user = member(hospital.organisation, Role.VIEWER)
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": user.email}).status_code == 302
    (sent,) = mail.outbox
    assert sent.to == [user.email]
    (link,) = re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(sent.body))
    form = client.get(link, follow=True)
    words = {"password1": "een-lang-woord-77", "password2": "een-lang-woord-77"}
    assert client.post(form.redirect_chain[-1][0], words).status_code == 302
    user.refresh_from_db()
    assert user.check_password("een-lang-woord-77")
