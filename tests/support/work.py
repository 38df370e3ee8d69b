"""What workers would take up: by asking the rows as a worker does, or when a row would be due."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from ehportal.lanes import KINDS, kinds_of
from organisations.domain.work import Lane
from organisations.models.queued import Queued
from organisations.services.work.claims import claim
from organisations.services.work.drain import drain
from organisations.tenancy import acting_for

T = TypeVar("T")
KIND = {kind.name: kind for kind in KINDS}


def claimable(kind: str, *, most: int = 10_000) -> list[tuple[UUID, UUID]]:
    """Return (organisation, row) ids of what is due by the database's clock; it is leased from then on."""
    return [(one.organisation_id, one.row_id) for one in claim(KIND[kind], "a test", most=most)]


def is_due(row: Queued, organisation: UUID, at: datetime, *, column: str = "next_attempt_at") -> bool:
    """Return whether a worker would take up `row` at `at`, as it stands now."""
    due = {f"{column}__lte": at, "parked_at": None, "pk": row.pk}
    with acting_for([organisation], as_platform=True):
        return type(row)._default_manager.filter(**due).exists()


def make_due(row: Queued, organisation: UUID, at: datetime, *, column: str = "next_attempt_at") -> None:
    """Plan the row for `at`."""
    with acting_for([organisation], as_platform=True):
        type(row)._default_manager.filter(pk=row.pk).update(**{column: at})


def as_worker(work: Callable[[], T]) -> T:
    """Do `work` as another process would: nothing of what this one is in the middle of holds there, such as a page."""
    return Context().run(work)


def work_off(*lanes: Lane, wake: Callable[[], object] = lambda: None) -> int:
    """Take up all that is due in `lanes`, as their workers would; return how many rows."""
    return as_worker(lambda: sum(drain(kinds_of(lane), wake=wake) for lane in lanes))


def set_aside() -> None:
    """Lease for a day what earlier tests of a module that commits have left due: workers of this test take its own."""
    for kind in KINDS:
        while claim(replace(kind, lease=timedelta(days=1)), "set aside", most=1000):
            pass


def check_cards() -> int:
    """Ask the authorities of the cards that wait for it, as a worker would; return how many."""
    return as_worker(lambda: drain([KIND["card_checks"]], wake=lambda: None))


def run_errands() -> int:
    """Make the calls outside for which somebody waits, as a worker would; return how many."""
    return as_worker(lambda: drain([KIND["errands"]], wake=lambda: None))


def send_letters() -> int:
    """Send the letters about accounts that are due, as a worker would; return how many rows it took up."""
    return as_worker(lambda: drain([KIND["account_letters"]], wake=lambda: None))
