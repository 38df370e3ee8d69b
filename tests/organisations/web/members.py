"""Members who have passed both steps of signing in."""

import re
import time
from typing import cast
from unittest import mock
from uuid import uuid4

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organisations.domain.roles import Role
from organisations.models import Membership, Organisation, User
from organisations.tenancy import acting_for


def give_second_factor(user: User) -> str:
    """Set an authenticator app up for `user`; returns its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def set_up_second_step(client: Client) -> str:
    """Set an authenticator app up on its page; returns the secret that the page shows.

    What follows the commit happens within the request, as it does where no test holds a transaction around it.
    """
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    (secret,) = re.findall(r'id="authenticator_secret">([A-Z2-7]+)<', page)
    with mock.patch.object(transaction, "on_commit", lambda work, **_: work()):
        answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302
    return str(secret)


def code_of(secret: str) -> str:
    """Return what the app shows now; waits where the code is about to change."""
    left = 30 - time.time() % 30
    if left < 4:
        time.sleep(left + 0.1)
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def signed_in(user: User) -> Client:
    """Return a client whose session passed both steps an hour ago, with a second factor set up."""
    if not Authenticator.objects.filter(user=user).exists():
        give_second_factor(user)
    user.refresh_from_db(fields=["sign_in_changes"])
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "mfa", type="totp")
    request.session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["at"] -= 3600
    request.session.save()
    return client


def member(organisation: Organisation, *roles: Role, name: str = "Koen Claes", language: str = "en") -> User:
    """Return a new user with `roles` in `organisation`."""
    user = User.objects.create_user(f"{uuid4().hex[:10]}@maasdal.example", full_name=name, language=language)
    with acting_for([organisation.pk], as_platform=True):
        for role in roles:
            Membership.objects.create(organisation=organisation, user=user, role=role)
    return user


FRAME = re.compile(r"set_config|current_setting|SAVEPOINT|django_session|mfa_authenticator")
WHO = 3
"""The signed-in user, and the two questions about memberships."""


def own_queries(client: Client, address: str) -> tuple[HttpResponse, int]:
    """Return the answer to a GET and how many queries the page itself made: without session and tenancy."""
    with CaptureQueriesContext(connection) as captured:
        answer = cast(HttpResponse, client.get(address))
    statements = [one["sql"] for one in captured.captured_queries if not FRAME.search(one["sql"])]
    return answer, len(statements) - WHO
