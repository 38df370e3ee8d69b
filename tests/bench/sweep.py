"""Looking for ends and telling them: the first look, the letters, and a second look that has nothing to say."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.bench.stand import owner_connection, show

SIZES = (3_000, 10_000, 100_000)
MILLION = 1_000_000


def measure(sizes: tuple[int, ...]) -> None:
    """Print, for each size, what looking and telling take beside their own SELECTs as plain SQL in the same run."""
    rows = [_at(size) for size in sizes]
    head = (
        *("certificates", "to be told", "first look s", "letters", "letters s"),
        *("second look s", "letters then", "its SQL alone s", "ratio"),
    )
    show("What ends is told to two readers, after ANALYZE, policies on", head, rows)


def _at(size: int) -> tuple[str, ...]:
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from certificates.services.reminders.notices import notices_of
    from organisations.models import Organisation, Reminder
    from organisations.services.notices.look import look_for_notices
    from organisations.tenancy import acting_for
    from tests.bench.stand import milliseconds
    from tests.certificates.inventory.test_plans import checked, multiply
    from tests.certificates.web.shelf import shelve
    from tests.support.hospital import make_hospital
    from tests.support.mail_sink import receiving_mail
    from tests.support.notices import write_letters

    number = size % 89 + len(str(size)) + 200
    hospital = make_hospital(
        name=f"Sweep {size}", cbe=checked(4167980 + number, 8), ssin=checked(850730133 + number, 9)
    )
    here = hospital.organisation
    model = shelve(here, "MODEL", 300)
    now = datetime.now(UTC)
    with owner_connection() as owner:
        multiply(owner, model, size)
        owner.execute("VACUUM ANALYZE")

    def look() -> None:
        with acting_for([here.pk], as_platform=True):
            Organisation.objects.filter(pk=here.pk).update(reminders_due_at=now)
        look_for_notices(here.pk, notices_of, now=now)

    first = _seconds(look)
    with receiving_mail(settings) as sink:
        letters = _seconds(lambda: write_letters(here.pk, now=now))
        sent = len(sink.mails)
        with owner_connection() as owner:
            owner.execute("VACUUM ANALYZE")
        with CaptureQueriesContext(connection) as caught:
            look()
        second, _p95 = milliseconds(look, times=5, warm=1)
        write_letters(here.pk, now=now)
        again = len(sink.mails) - sent
    selects = [
        one["sql"]
        for one in caught.captured_queries
        if one["sql"].startswith("SELECT")
        and "set_config" not in one["sql"]
        and "current_setting" not in one["sql"]
    ]

    def plain() -> None:
        with acting_for([here.pk], as_platform=True), connection.cursor() as cursor:
            for statement in selects:
                cursor.execute(statement)
                cursor.fetchall()

    raw, _p95 = milliseconds(plain, times=5, warm=1)
    with acting_for([here.pk], as_platform=True):
        told = Reminder.objects.count()
    return (
        *(f"{size:,}", f"{told:,}", f"{first:.2f}", str(sent), f"{letters:.2f}"),
        *(f"{second / 1000:.3f}", str(again), f"{raw / 1000:.3f}", f"{second / raw:.1f}"),
    )


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
