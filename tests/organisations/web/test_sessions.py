"""Which sessions go on when it changes how somebody signs in: only those that passed what is asked now."""

import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from organisations.domain.roles import Role
from organisations.models import User
from tests.organisations.web.members import code_of, member
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import receiving_mail

PASSWORD = "een-lang-woord-77"
SEALED = re.compile(r"[0-9a-f]{8}:gAAAA")
"""The id of a key, and what it sealed."""
ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def mail(settings: Settings) -> Iterator[None]:
    with receiving_mail(settings):
        yield


@pytest.fixture
def hospital(committing: None) -> Hospital:
    """What follows a commit happens within the request that commits, as it does in the field."""
    return make_hospital()


@pytest.fixture
def koen(hospital: Hospital) -> User:
    user = member(hospital.organisation, Role.VIEWER)
    user.set_password(PASSWORD)
    user.save()
    return user


class Person:
    """Somebody at the pages, in one browser."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()

    def post(self, address: str, **fields: str) -> str:
        """Post; returns where it leads."""
        answer = self.client.post(address, fields)
        return str(answer.headers.get("Location", answer.status_code))

    def type_password(self, password: str = PASSWORD) -> str:
        return self.post("/accounts/login/", login=self.user.email, password=password)

    def set_up(self) -> str:
        """Set the authenticator app up as its page says; returns the secret that it shows."""
        page = self.client.get(ACTIVATE).content.decode()
        found = re.search(r'id="authenticator_secret">([A-Z2-7]+)<', page)
        assert found is not None
        assert self.post(ACTIVATE, code=code_of(found[1])) == "/accounts/2fa/recovery-codes/"
        return found[1]

    def type_code(self, secret: str, address: str = "/accounts/2fa/authenticate/") -> str:
        cache.clear()  # a code serves once, and the next one is half a minute away
        return self.post(address, code=code_of(secret))

    @property
    def is_in(self) -> bool:
        return self.client.get("/").status_code == 200

    @property
    def is_out(self) -> bool:
        return str(self.client.get("/").headers.get("Location", "")).startswith("/accounts/login/")


@pytest.fixture
def here(koen: User) -> Person:
    return Person(koen)


@pytest.fixture
def elsewhere(koen: User) -> Person:
    return Person(koen)


def both_in(here: Person, elsewhere: Person) -> str:
    """Sign both browsers in, with both steps; returns the secret."""
    here.type_password()
    secret = here.set_up()
    elsewhere.type_password()
    elsewhere.type_code(secret)
    assert here.is_in
    assert elsewhere.is_in
    return secret


def test_a_session_by_password_alone_ends_when_the_second_step_is_set_up_elsewhere(
    here: Person, elsewhere: Person
) -> None:
    for one in (here, elsewhere):
        one.type_password()
        assert one.client.get("/")["Location"] == ACTIVATE
    secret = here.set_up()
    assert here.is_in
    assert elsewhere.is_out
    assert elsewhere.type_password() == "/accounts/2fa/authenticate/"
    assert elsewhere.is_out, "half a sign-in is none"
    elsewhere.type_code(secret)
    assert elsewhere.is_in


def test_a_session_that_never_passed_the_second_step_is_asked_for_it(here: Person, elsewhere: Person) -> None:
    """Whatever let it stay: a record of its own is what opens the pages, not that the account has a second step."""
    secret = both_in(here, elsewhere)
    session = here.client.session
    del session["account_authentication_methods"]
    session.save()
    asked = here.client.get("/certificates/?status=valid")
    assert asked["Location"] == "/accounts/2fa/reauthenticate/?next=%2Fcertificates%2F%3Fstatus%3Dvalid"
    assert here.client.get(asked["Location"]).status_code == 200
    assert here.post("/organisation/switch/") == "/accounts/2fa/reauthenticate/?"
    assert not here.is_in
    here.type_code(secret, asked["Location"])
    assert here.is_in


def test_removing_the_second_step_ends_the_others_and_asks_for_a_new_one(
    here: Person, elsewhere: Person
) -> None:
    both_in(here, elsewhere)
    assert here.post("/accounts/2fa/totp/deactivate/") == "/accounts/2fa/"
    assert elsewhere.is_out
    assert here.client.get("/")["Location"] == ACTIVATE
    here.set_up()
    assert here.is_in


def test_a_second_step_that_the_operator_removes_ends_all(
    here: Person, elsewhere: Person, koen: User
) -> None:
    both_in(here, elsewhere)
    Authenticator.objects.filter(user=koen).delete()
    assert here.is_out
    assert elsewhere.is_out


def test_new_recovery_codes_end_the_others(here: Person, elsewhere: Person) -> None:
    both_in(here, elsewhere)
    assert here.post("/accounts/2fa/recovery-codes/generate/") == "/accounts/2fa/recovery-codes/"
    assert here.is_in
    assert elsewhere.is_out


def test_a_recovery_code_is_a_second_step_and_using_one_ends_nothing(
    here: Person, elsewhere: Person, koen: User
) -> None:
    here.type_password()
    here.set_up()
    code = Authenticator.objects.get(user=koen, type="recovery_codes").wrap().get_unused_codes()[0]
    elsewhere.type_password()
    elsewhere.post("/accounts/2fa/authenticate/", code=code)
    assert elsewhere.is_in
    assert here.is_in


def test_another_password_ends_the_others(here: Person, elsewhere: Person) -> None:
    both_in(here, elsewhere)
    new = "een-ander-woord-88"
    here.post("/accounts/password/change/", oldpassword=PASSWORD, password1=new, password2=new)
    assert here.is_in
    assert elsewhere.is_out
    assert elsewhere.type_password(new) == "/accounts/2fa/authenticate/"


def test_a_sign_in_that_changes_nothing_ends_nothing(here: Person, elsewhere: Person, koen: User) -> None:
    both_in(here, elsewhere)
    User.objects.get(pk=koen.pk).save()
    assert here.is_in
    assert elsewhere.is_in


class TestTheSecretThatIsShown:
    """While the app is being set up the session holds its secret; nobody who reads the table can use it."""

    def test_it_is_sealed_in_the_session(self, here: Person) -> None:
        here.type_password()
        page = here.client.get(ACTIVATE).content.decode()
        [secret] = set(re.findall(r'id="authenticator_secret">([A-Z2-7]{32})<', page))
        kept = here.client.session[SECRET_SESSION_KEY]
        assert SEALED.match(kept), "as national numbers are"
        for row in Session.objects.all():
            assert secret not in str(row.get_decoded())
        wrong = "000000" if code_of(secret) != "000000" else "111111"
        again = here.client.post(ACTIVATE, {"code": wrong}).content.decode()
        assert secret in again, "who mistypes goes on with what the app has scanned"
        here.post(ACTIVATE, code=code_of(secret))
        assert here.is_in
        assert SECRET_SESSION_KEY not in here.client.session

    def test_opening_the_page_anew_shows_another(self, here: Person) -> None:
        here.type_password()
        first, second = (here.client.get(ACTIVATE).content.decode() for _ in range(2))
        shown = [re.findall(r'id="authenticator_secret">([A-Z2-7]{32})<', one) for one in (first, second)]
        assert shown[0] != shown[1]

    @pytest.mark.parametrize("kept", ["JBSWY3DPEHPK3PXP", "", 7, "é", None])
    def test_what_cannot_be_read_is_replaced(self, here: Person, kept: object) -> None:
        """A key that was taken out of the ring, or a session from before it was sealed."""
        here.type_password()
        session = here.client.session
        session[SECRET_SESSION_KEY] = kept
        session.save()
        assert here.client.post(ACTIVATE, {"code": "123456"}).status_code == 200
        assert SEALED.match(here.client.session[SECRET_SESSION_KEY])
        here.set_up()
        assert here.is_in


def test_who_set_it_up_slowly_is_not_asked_twice(here: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    here.type_password()
    here.set_up()
    now = time.time()
    monkeypatch.setattr("organisations.web.accounts.adapter.time.time", lambda: now + 240)
    assert here.client.get("/accounts/2fa/recovery-codes/").status_code == 200
