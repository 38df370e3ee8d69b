"""SECRET_KEY is replaced: what it signed counts as long as it stands in SECRET_KEY_FALLBACKS, and ends with it."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import pytest_django
from django.core.cache import cache
from django.test import Client

from organisations.domain.roles import Role
from organisations.models import User
from organisations.services.invitations import find_invitation
from organisations.services.letters.returned import envelope_sender, take_returned_mail
from tests.organisations.web.invitations import invited, link_in, sent
from tests.organisations.web.members import code_of, give_second_factor, member, signed_in
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.work import send_letters

pytestmark = pytest.mark.django_db
OLD, NEW = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
PASSWORD = "een-lang-woord-77"
REPORT = """From: MAILER-DAEMON@mx.example
To: {back}
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Diagnostic-Code: smtp; 550 no such mailbox

--b--
"""


@pytest.fixture
def sink(settings: pytest_django.Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as receiving:
        yield receiving


@pytest.fixture
def hospital(settings: pytest_django.Settings) -> Hospital:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.BOUNCE_ADDRESS = "bounces@ehportal.example"
    return make_hospital()


@pytest.fixture
def koen(hospital: Hospital) -> User:
    user = member(hospital.organisation, Role.VIEWER)
    user.set_password(PASSWORD)
    user.save()
    return user


def is_in(client: Client) -> bool:
    return client.get("/certificates/").status_code == 200


def has_both_steps(user: User, secret: str) -> bool:
    cache.clear()
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    return answer.status_code == 302 and is_in(client)


def replace(settings: pytest_django.Settings, *, behind: bool) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD] if behind else []


def test_sessions_go_on_with_the_former_key_behind_and_end_without(
    koen: User, settings: pytest_django.Settings
) -> None:
    used, unused = signed_in(koen), signed_in(koen)
    replace(settings, behind=True)
    assert is_in(used), "and its session is signed anew"
    replace(settings, behind=False)
    assert is_in(used)
    assert not is_in(unused), "whoever did not come meanwhile signs in again"


def test_the_second_step_does_not_depend_on_it(koen: User, settings: pytest_django.Settings) -> None:
    secret = give_second_factor(koen)
    assert has_both_steps(koen, secret)
    replace(settings, behind=False)
    assert has_both_steps(koen, secret)


def test_an_invitation_s_link(hospital: Hospital, sink: MailSink, settings: pytest_django.Settings) -> None:
    invitation = invited(hospital, "nele@maasdal.example")
    sent(invitation)
    seal = link_in(sink.text_to("nele@maasdal.example")).rstrip("/").rpartition("/")[2]
    for behind, found in ((True, invitation), (False, None)):
        replace(settings, behind=behind)
        assert find_invitation(invitation.organisation_id, invitation.pk, seal) == found


def test_a_password_s_link(koen: User, sink: MailSink, settings: pytest_django.Settings) -> None:
    assert Client().post("/accounts/password/reset/", {"email": koen.email}).status_code == 302
    assert send_letters() == 1
    [link] = re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", sink.text_to(koen.email))
    for behind, status in ((True, 302), (False, 200)):
        replace(settings, behind=behind)
        assert Client().get(link).status_code == status, "it leads on to the form, or says that it is over"


def test_mail_that_comes_back(hospital: Hospital, settings: pytest_django.Settings) -> None:
    address = "nele@maasdal.example"
    report = REPORT.format(back=envelope_sender(address), address=address).encode()
    now = datetime.now(UTC)
    for behind in (True, False):
        replace(settings, behind=behind)
        assert take_returned_mail(report, now=now) is behind
