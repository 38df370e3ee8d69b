"""Two workers that remind at the same moment, each on a connection of its own."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from pytest_django import Settings

from organisations.models import Recipient, Reminder
from organisations.services.letters.mail import Note
from organisations.services.notices.look import look_for_notices
from organisations.services.notices.notice import Notice
from organisations.services.notices.tell import tell
from organisations.tenancy import acting_for
from tests.support.hospital import make_hospital
from tests.support.mail_sink import receiving_mail

pytestmark = pytest.mark.usefixtures("committing")

NOW = datetime.now(UTC)


def test_two_workers_at_once_send_one_letter(settings: Settings) -> None:
    hospital, start = make_hospital(), threading.Barrier(2)
    due = Notice(
        "thing", 1, hospital.holder, (hospital.administrator,), lambda _: Note("a thing", "waits", "/there/")
    )
    key = hospital.organisation.pk
    look_for_notices(key, lambda *_: [due], now=NOW)
    with acting_for([key], as_platform=True):
        row = Recipient.objects.get().pk

    def work() -> None:
        start.wait()
        try:
            tell(key, row, lambda *_: [due], now=NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    with receiving_mail(settings) as sink:
        for one in workers:
            one.start()
        for one in workers:
            one.join()
    assert [to for to, _mail in sink.mails] == [[hospital.administrator.email]]
    with acting_for([hospital.organisation.pk], as_platform=True):
        [told] = Reminder.objects.all()
    assert told.sent_at == NOW
