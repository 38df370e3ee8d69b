"""What a member was told, answers from letters without signing in, and addresses outside that agree or stop."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client
from pytest_django import Settings

from organisations.models import AuditEvent, Correspondent, Membership, Reminder
from organisations.services.correspondents import AGREE, STOP, path_to
from organisations.services.letters.correspondents import ask_correspondent
from organisations.services.notices.answers import answer_path
from organisations.tenancy import acting_for
from tests.certificates.notices.test_wishes import desk, rules
from tests.certificates.reminders.test_reminders import remind
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink, receiving_mail

NOW = datetime.now(UTC)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def told(hospital: Hospital) -> list[Reminder]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(Reminder.objects.select_related("recipient", "correspondent").order_by("kind"))


def answers(hospital: Hospital) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(
            AuditEvent.objects.filter(action="notice_acknowledged").values_list("actor_name", flat=True)
        )


def test_the_link_in_the_letter_answers_by_a_button_alone(hospital: Hospital, sink: MailSink) -> None:
    shelve(hospital.organisation, "APP", 50)
    remind(hospital)
    text = sink.text_to(hospital.administrator.email)
    found = re.search(r"https?://[^/\s]+(/notices/letter/[^\s]+)", text)
    assert found is not None
    anybody = Client(enforce_csrf_checks=True)
    for _ in range(3):  # as programs that read mail do
        page = anybody.get(found[1])
        assert page.status_code == 200
        assert page["Referrer-Policy"] == "same-origin", "no page elsewhere hears of the address"
        assert "no-store" in page["Cache-Control"]
        anybody.head(found[1])
    assert answers(hospital) == []
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token is not None
    for _ in range(2):
        answer = anybody.post(found[1], {"csrfmiddlewaretoken": token[1]})
        assert "opgevolgd" in answer.content.decode()
    assert answers(hospital) == ["Els Wouters"]
    assert told(hospital)[0].acknowledged_at is not None


def test_a_link_cannot_be_made_or_used_by_others(
    hospital: Hospital, other_hospital: Hospital, sink: MailSink
) -> None:
    shelve(hospital.organisation, "APP", 50)
    remind(hospital)
    [row] = told(hospital)
    path = answer_path(row)
    where, who = hospital.organisation.pk.hex, row.pk.hex
    forged = [
        path[:-2] + "/",
        f"/notices/letter/{signing.dumps([where, who], salt='ehportal.agree')}/",
        f"/notices/letter/{signing.dumps([where, who], salt='ehportal.answer', key='k' * 50)}/",
        f"/notices/letter/{signing.dumps([other_hospital.organisation.pk.hex, who], salt='ehportal.answer')}/",
        f"/notices/letter/{signing.dumps([where, uuid4().hex], salt='ehportal.answer')}/",
        f"/notices/letter/{signing.dumps('odd', salt='ehportal.answer')}/",
        f"/notices/letter/{signing.dumps([1, None], salt='ehportal.answer')}/",
        "/notices/letter/x/",
    ]
    for one in forged:
        assert Client().post(one).status_code == 404, one
    assert answers(hospital) == []
    with acting_for([hospital.organisation.pk], as_platform=True):
        Membership.objects.filter(user=hospital.administrator).delete()
    assert Client().get(path).status_code == 404, "who is told nothing there any more answers nothing"


def test_what_was_told_stands_on_the_page_and_is_answered_there(
    administrator: Client, viewer: Client, hospital: Hospital, sink: MailSink
) -> None:
    one = shelve(hospital.organisation, "APP", 50)
    remind(hospital)
    page = administrator.get("/notices/").content.decode()
    mine = [row for row in told(hospital) if f"/notices/{row.pk}/answer/" in page]
    assert len(mine) == 1
    assert f'href="/certificates/{one.pk}/"' in page
    assert viewer.post(f"/notices/{mine[0].pk}/answer/").status_code == 404, "another reader's"
    assert f"/certificates/{one.pk}/" not in viewer.get("/notices/").content.decode()
    administrator.post(f"/notices/{mine[0].pk}/answer/")
    assert len(answers(hospital)) == 1
    assert "/answer/" not in administrator.get("/notices/").content.decode()
    assert Client().get("/notices/").status_code == 302


def test_an_address_outside_is_asked_agrees_is_told_and_stops(
    administrator: Client, hospital: Hospital, sink: MailSink
) -> None:
    given = {"name": "Service desk", "email": "Desk@Maasdal.example", "language": "fr"}
    administrator.post("/notices/addresses/new/", given)
    again = administrator.post("/notices/addresses/new/", given)
    assert again.status_code == 422
    with acting_for([hospital.organisation.pk], as_platform=True):
        made = Correspondent.objects.get()
    key = hospital.organisation.pk
    ask_correspondent(key, made.pk, now=NOW)
    letter = sink.text_to("desk@maasdal.example")
    assert path_to(AGREE, made) in letter
    assert "AZ Sint-Elisabeth Maasdal" in letter
    rules(hospital, correspondents=[made.pk])
    shelve(hospital.organisation, "APP", 20)
    remind(hospital)
    assert len([to for [to], _ in sink.mails if to == made.email]) == 1, "nothing before it agreed"
    anybody = Client()
    assert anybody.get(path_to(AGREE, made)).status_code == 200
    for _ in range(2):
        assert anybody.post(path_to(AGREE, made)).status_code == 200
    remind(hospital, at=NOW + timedelta(days=1))
    french = [mail for [to], mail in sink.mails if to == made.email][1]
    text = french.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert "se termine le" in text
    assert "?organisation=" not in text, "nobody is led to a page that asks for an account"
    assert path_to(STOP, made)[:20] in text
    [row] = [one for one in told(hospital) if one.correspondent is not None]
    assert anybody.post(answer_path(row)).status_code == 200
    assert answers(hospital) == ["Service desk"]
    anybody.get(path_to(STOP, made))
    with acting_for([key], as_platform=True):
        assert Correspondent.objects.get().ended_at is None, "opening it changes nothing"
    for _ in range(2):
        assert anybody.post(path_to(STOP, made)).status_code == 200
    assert anybody.post(path_to(AGREE, made)).status_code == 404
    assert anybody.post(answer_path(row)).status_code == 404
    remind(hospital, at=NOW + timedelta(days=9))
    assert len([to for [to], _ in sink.mails if to == made.email]) == 2
    administrator.post("/notices/addresses/new/", given)  # whoever comes back is asked anew
    with acting_for([key], as_platform=True):
        assert Correspondent.objects.filter(ended_at=None, agreed_at=None).count() == 1


def test_nobody_is_flooded_with_questions(administrator: Client, hospital: Hospital) -> None:
    answers = [
        administrator.post(
            "/notices/addresses/new/", {"name": "x", "email": f"{one}@x.example", "language": "nl"}
        ).status_code
        for one in range(21)
    ]
    assert answers == [302] * 20 + [422]


def test_a_letter_that_asks_is_not_sent_to_who_was_taken_away(
    administrator: Client, hospital: Hospital, sink: MailSink
) -> None:
    made = desk(hospital, agreed_at=None, next_attempt_at=NOW)
    administrator.post(f"/notices/addresses/{made.pk}/end/")
    assert ask_correspondent(hospital.organisation.pk, made.pk, now=NOW) is None
    assert sink.mails == []


def test_a_letter_that_is_refused_is_tried_again(hospital: Hospital, sink: MailSink) -> None:
    made = desk(hospital, agreed_at=None, next_attempt_at=NOW)
    sink.refuses = True
    ask_correspondent(hospital.organisation.pk, made.pk, now=NOW)
    with acting_for([hospital.organisation.pk], as_platform=True):
        made.refresh_from_db()
    assert (made.attempts, made.asked_at) == (1, None)
    assert made.next_attempt_at is not None
    assert made.next_attempt_at > NOW
