"""How many rows a second each lane moves, and how soon all is done after hours without workers."""

import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.bench.stand import owner_connection, show

if TYPE_CHECKING:
    from organisations.services.work.kinds import Kind

REQUESTS = 300
MOVED = 400
SECONDS = 4.0
RECOVERED = 2_000
"""How many rows became due while nobody worked."""


def measure(hospital: Any) -> None:
    """Print the rows a second of each lane beside plain updates, and the recovery after an outage."""
    _stand(hospital)
    raw = _plain_updates()
    rows = [(*_moved(name), f"{raw:.0f}") for name in _kinds()]
    show(
        "One process, a step that does nothing",
        ("lane", "kind", "rows", "rows a second", "plain updates a second"),
        rows,
    )
    _recovery()


def _nothing(_organisation: UUID, _row: UUID, /, *, now: datetime) -> None:
    """A step that does nothing: what is left is claiming and settling."""


def _kinds() -> "dict[str, Kind]":
    from dataclasses import replace

    from ehportal.lanes import KINDS

    return {
        kind.name: replace(kind, step=_nothing)
        for kind in KINDS
        if kind.name in {"request_contracts", "requests", "status_checks", "notices", "letters"}
    }


def _stand(hospital: Any) -> None:
    """Requests of one organisation, and a reader in each organisation."""
    for number in range(REQUESTS):
        hospital.request(application_id=f"LANE{number}")
    with owner_connection() as owner:
        owner.execute(
            "INSERT INTO organisations_recipient (id, organisation_id, user_id)"
            " SELECT gen_random_uuid(), id, %s FROM organisations_organisation ON CONFLICT DO NOTHING",
            [hospital.administrator.pk],
        )


DUE = {
    "request_contracts": "certificates_certificaterequest SET next_attempt_at = now(), state = 'awaiting_contract'",
    "requests": "certificates_certificaterequest SET next_attempt_at = now(), state = 'awaiting_signature'",
    "status_checks": "certificates_certificate SET next_attempt_at = now()",
    "notices": "organisations_organisation SET reminders_due_at = now()",
    "letters": "organisations_recipient SET next_attempt_at = now()",
}


def _moved(name: str) -> tuple[str, str, str, str]:
    """Make every row of a kind due and let one process work for some seconds."""
    from organisations.services.work.drain import drain

    kind = _kinds()[name]
    with owner_connection() as owner:
        owner.execute(f"UPDATE {DUE[name]}, leased_by = '', leased_until = NULL")
        owner.execute("VACUUM ANALYZE")
    began = time.perf_counter()
    done = drain([kind], wake=lambda: None, seconds=SECONDS)
    return (str(kind.lane), name, str(done), f"{done / (time.perf_counter() - began):.0f}")


def _plain_updates() -> float:
    from django.db import connection

    from organisations.tenancy import acting_for

    with owner_connection() as owner:
        keys = owner.execute(
            "SELECT organisation_id, id FROM certificates_certificate LIMIT %s", [MOVED]
        ).fetchall()
    began = time.perf_counter()
    for organisation, key in keys:
        with acting_for([organisation], as_platform=True), connection.cursor() as cursor:
            cursor.execute("UPDATE certificates_certificate SET tries = 0 WHERE id = %s", [key])
    return len(keys) / (time.perf_counter() - began)


def _recovery() -> None:
    """Twelve hours nobody worked; then two workers come. When does the first row move, when has the last?"""
    from django.db import connections

    from organisations.services.work.drain import drain

    kind, done = _kinds()["status_checks"], []
    with owner_connection() as owner:
        owner.execute(
            "UPDATE certificates_certificate SET leased_by = '', leased_until = NULL,"
            " next_attempt_at = now() + interval '1 day'"
        )
        owner.execute(
            "UPDATE certificates_certificate SET next_attempt_at = now() - interval '12 hours' * random() WHERE id IN"
            " (SELECT id FROM certificates_certificate ORDER BY md5(id::text) LIMIT %s)",
            [RECOVERED],
        )
        owner.execute("VACUUM ANALYZE")
    first: list[float] = []
    began = time.perf_counter()

    def step(_organisation: UUID, _row: UUID, /, *, now: datetime) -> None:
        first.append(time.perf_counter() - began)

    def work() -> None:
        from dataclasses import replace

        try:
            done.append(drain([replace(kind, step=step)], wake=lambda: None, seconds=600))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    show(
        f"After twelve hours without workers, {RECOVERED} rows due: two workers in one process",
        ("first row after ms", "all after s", "rows", "rows a second"),
        [(f"{min(first) * 1000:.0f}", f"{took:.1f}", str(sum(done)), f"{sum(done) / took:.0f}")],
    )
