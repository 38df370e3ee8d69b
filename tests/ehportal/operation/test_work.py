"""The operator's page: figures of every kind, what fails and where, a release; for nobody else, of nobody's content."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from ehportal.lanes import KINDS
from ehportal.operation import words
from organisations.domain.roles import Role
from organisations.domain.work import PAUSES, Lane
from organisations.models import Invitation, User
from organisations.services.work.claims import claim, note_failure
from organisations.tenancy import acting_for
from tests.organisations.web.invitations import invited, reload
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import receiving_mail
from tests.support.work import KIND, send_letters

pytestmark = pytest.mark.django_db
PAGE = "/operation/"


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def operator() -> Client:
    user = User.objects.create_user(
        "kaat@ehportal.example", full_name="Kaat Op", language="en", is_operator=True
    )
    return signed_in(user)


def parked(hospital: Hospital) -> Invitation:
    """An invitation whose letter fails until nobody tries any more."""
    row = invited(hospital, "nele@maasdal.example")
    for _ in range(len(PAUSES) + 1):
        with acting_for([row.organisation_id], as_platform=True):
            Invitation.objects.update(
                next_attempt_at=datetime.now(UTC) - timedelta(hours=1), leased_until=None
            )
        [claimed] = claim(KIND["invitations"], "one")
        note_failure(claimed, ValueError("nele@maasdal.example"))
    return row


def test_every_lane_and_kind_is_shown(operator: Client) -> None:
    assert set(words.LANES) == set(Lane)
    assert set(words.KINDS) == {kind.name for kind in KINDS}
    answer = operator.get(PAGE)
    shown = answer.content.decode()
    with translation.override("en"):
        assert all(str(name) in shown for name in words.KINDS.values())
    assert "Nothing fails." in shown
    assert "no-store" in answer["Cache-Control"]


def test_what_is_parked_is_shown_without_what_it_says_and_can_be_released(
    operator: Client, hospital: Hospital
) -> None:
    row = parked(hospital)
    shown = operator.get(PAGE).content.decode()
    assert "1 row is parked" in shown
    assert "ValueError" in shown
    assert str(row.pk) in shown
    for told in (row.email, hospital.organisation.name, row.full_name):
        assert told not in shown
    (path,) = re.findall(r'action="(/operation/release/[^"]+)"', shown)
    assert operator.get(path).status_code == 405
    for answer in ("Released", "not parked any more"):
        assert answer in operator.post(path, follow=True).content.decode()
    assert (reload(row).parked_at, reload(row).failure) == (None, None)
    [again] = claim(KIND["invitations"], "two")
    assert again.row_id == row.pk


def test_it_is_there_for_operators_only(client: Client, hospital: Hospital) -> None:
    row = parked(hospital)
    path = f"/operation/release/invitations/{row.organisation_id}/{row.pk}/"
    assert client.get(PAGE).status_code == 302
    administrator = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    assert administrator.get(PAGE).status_code == 404
    assert administrator.post(path).status_code == 404
    assert reload(row).parked_at is not None
    assert "/operation/" not in administrator.get("/").content.decode()


def test_an_operator_sees_no_organisation(operator: Client, hospital: Hospital) -> None:
    answer = operator.get("/")
    assert answer.status_code == 403
    assert 'href="/operation/"' in answer.content.decode()
    assert hospital.organisation.name not in answer.content.decode()


def test_the_questions_do_not_depend_on_how_much_there_is(operator: Client, hospital: Hospital) -> None:
    before = own_queries(operator, PAGE)[1]
    for number in range(5):
        invited(hospital, f"n{number}@maasdal.example")
    assert own_queries(operator, PAGE)[1] == before


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_it_speaks_the_operator_s_language(operator: Client, language: str) -> None:
    User.objects.update(language=language)
    shown = operator.get(PAGE).content.decode()
    expected = {
        "nl": "Het werk van het platform",
        "fr": "Le travail de la plateforme",
        "de": "Die Arbeit der Plattform",
    }
    assert expected[language] in shown
    assert "Status checks" not in shown


def test_an_operator_is_appointed_and_gets_in_by_the_front_door(
    client: Client, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="name"):
        call_command("appoint_operator", "kaat@ehportal.example")
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("appoint_operator", "kaat", "Kaat Op")
    with receiving_mail(settings) as sink:
        call_command("appoint_operator", "kaat@ehportal.example", "Kaat Op", language="en")
        assert "/accounts/password/reset/" in capsys.readouterr().out
        client.post("/accounts/password/reset/", {"email": "kaat@ehportal.example"})
        send_letters()
        text = sink.text_to("kaat@ehportal.example")
    (link,) = set(re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", text))
    page = client.get(link, follow=True)
    new = {"password1": "een-lang-woord-77", "password2": "een-lang-woord-77"}
    client.post(page.redirect_chain[-1][0], new, follow=True)
    client.post("/accounts/login/", {"login": "kaat@ehportal.example", "password": "een-lang-woord-77"})
    answer = client.get(PAGE)
    assert answer["Location"] == "/accounts/2fa/totp/activate/", "not by a password alone"
    call_command("appoint_operator", "kaat@ehportal.example", dismiss=True)
    assert not User.objects.get(email="kaat@ehportal.example").is_operator
    with pytest.raises(CommandError, match="No account"):
        call_command("appoint_operator", "nobody@ehportal.example", dismiss=True)
