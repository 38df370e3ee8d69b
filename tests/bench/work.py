"""What claiming costs with many organisations, how fast rows move, and who waits for whom."""

import statistics
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.bench import lanes
from tests.bench.stand import milliseconds, owner_connection, show

ORGANISATIONS = 200
EACH = 500
MILLION = 5_000
HANGING = 500


def measure(*, each: int = EACH) -> None:
    """Print each kind's sweep, rows a second, and a person's wait while status checks hang."""
    from tests.bench.pages import fill
    from tests.support.hospital import make_hospital

    hospital = make_hospital()
    fill(hospital.organisation, 1)
    _copy(each)
    _sweeps(each)
    lanes.measure(hospital)
    _waiting_beside_hanging_checks(hospital)


def _copy(each: int) -> None:
    """Stand `each` certificates in each of the organisations, made from the one that is there; nothing is due."""
    from certificates.models import Certificate

    columns = [str(field.column) for field in Certificate._meta.concrete_fields]
    made = {
        "id": "gen_random_uuid()",
        "organisation_id": "tenant.id",
        "fingerprint": "md5(tenant.id::text || n) || md5(n || tenant.id::text)",
        "serial": "md5(n || 'serial')",
        "sealed_der": "'\\x00'::bytea",
        "next_attempt_at": "now() + interval '1 day' * random()",
    }
    values = ", ".join(made.get(column, f"model.{column}") for column in columns)
    names = ", ".join(columns)
    with owner_connection() as connection:
        connection.execute(
            "INSERT INTO organisations_organisation (id, name, language, key_store_software, created_at,"
            " reminders_due_at) SELECT gen_random_uuid(), 'Organisation ' || n, 'nl', model.key_store_software, now(),"
            " now() + interval '1 hour' FROM generate_series(2, %s) AS n, organisations_organisation AS model",
            [ORGANISATIONS],
        )
        connection.execute(
            f"INSERT INTO certificates_certificate ({names}) SELECT {values}"  # noqa: S608  # names of the model's
            f" FROM certificates_certificate AS model, organisations_organisation AS tenant,"
            f" generate_series(1, {each}) AS n"
        )
        connection.execute(
            "UPDATE organisations_organisation SET reminders_due_at = now() + interval '1 hour'"
        )
        connection.execute("UPDATE certificates_certificate SET next_attempt_at = now() + interval '1 day'"
                           " WHERE next_attempt_at <= now()")  # fmt: skip
        connection.execute("ANALYZE")


def _sweeps(each: int) -> None:
    """A worker's look: at rest, with one row due in every organisation, and with every row due."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ehportal.lanes import KINDS
    from organisations.services.work.claims import claim

    rows = []
    for kind in KINDS:
        with CaptureQueriesContext(connection) as captured:
            claim(kind, "bench")
        rest, rest_95 = milliseconds(lambda kind=kind: claim(kind, "bench"))  # type: ignore[misc]
        counted, counted_95 = milliseconds(lambda kind=kind: _standing(kind.name))  # type: ignore[misc]
        rows.append(
            (
                kind.name,
                str(len(captured)),
                f"{rest:.1f}",
                f"{rest_95:.1f}",
                f"{counted:.1f}",
                f"{counted_95:.1f}",
            )
        )
    head = ("nothing due", "queries", "look ms", "p95", "count ms", "p95")
    show(f"Sweeps at {ORGANISATIONS} organisations of {each} certificates", head, rows)
    rows = []
    [checks] = [kind for kind in KINDS if kind.name == "status_checks"]
    for words, condition in (
        (
            "one due an organisation",
            "id IN (SELECT DISTINCT ON (organisation_id) id FROM certificates_certificate)",
        ),
        ("all due", "true"),
    ):
        with owner_connection() as owner:
            owner.execute(f"UPDATE certificates_certificate SET next_attempt_at = now() WHERE {condition}")  # noqa: S608
            owner.execute("VACUUM ANALYZE certificates_certificate")
        look, look_95 = milliseconds(lambda: claim(checks, "bench"))
        counted, counted_95 = milliseconds(lambda: _standing("status_checks"), times=10)
        rows.append((words, "1", f"{look:.1f}", f"{look_95:.1f}", f"{counted:.1f}", f"{counted_95:.1f}"))
    show("Status checks", ("what stands", "queries", "look ms", "p95", "count ms", "p95"), rows)


def _standing(name: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ehportal_standing_{name}()")  # noqa: S608  # names of ours
        cursor.fetchall()


def _waiting_beside_hanging_checks(hospital: Any) -> None:
    """How long a row of lane "asked" waits for its step, from its commit, while 500 checks hang in their own lane."""
    from dataclasses import replace

    from django.db import connections

    from certificates.models import CertificateRequest
    from ehportal.lanes import KINDS
    from organisations.services.work.drain import drain
    from organisations.tenancy import acting_for

    stop = threading.Event()
    begun: list[float] = []

    def hang(_organisation: UUID, _row: UUID, /, *, now: datetime) -> None:
        stop.wait(timeout=60)

    def begin(organisation: UUID, row: UUID, /, *, now: datetime) -> None:
        begun.append(time.perf_counter())
        with acting_for([organisation], as_platform=True):
            CertificateRequest.objects.filter(pk=row).update(next_attempt_at=None)

    def lane(kind: Any) -> Callable[[], None]:
        def work() -> None:
            while not stop.is_set():
                if not drain([kind], wake=lambda: None, seconds=1):
                    time.sleep(0.02)
            connections.close_all()

        return work

    [checks] = [replace(kind, step=hang) for kind in KINDS if kind.name == "status_checks"]
    [contracts] = [replace(kind, step=begin) for kind in KINDS if kind.name == "request_contracts"]
    with owner_connection() as owner:
        owner.execute(
            "UPDATE certificates_certificate SET next_attempt_at = now() WHERE id IN"
            " (SELECT id FROM certificates_certificate LIMIT %s)",
            [HANGING],
        )
    threads = [threading.Thread(target=lane(kind)) for kind in (checks, checks, contracts)]
    for thread in threads:
        thread.start()
    waits = []
    for number in range(20):
        begun.clear()
        request = hospital.request(application_id=f"BENCH{number}")
        with acting_for([hospital.organisation.pk], as_platform=True):
            CertificateRequest.objects.filter(pk=request.pk).update(
                next_attempt_at=request.requested_at - timedelta(seconds=1)
            )
        asked = time.perf_counter()
        while not begun and time.perf_counter() - asked < 30:
            time.sleep(0.002)
        waits.append((begun[0] if begun else time.perf_counter()) - asked)
    stop.set()
    for thread in threads:
        thread.join()
    show(
        f"A person's row while {HANGING} status checks hang (goal: at most 2 s)",
        ("from commit to step", "median ms", "worst ms"),
        [("contract of a request", f"{statistics.median(waits) * 1000:.0f}", f"{max(waits) * 1000:.0f}")],
    )
