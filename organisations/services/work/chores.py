"""Chores: what the platform does for itself every so often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from organisations.domain.work import Lane
from organisations.models import Chore
from organisations.services.work.kinds import Kind
from outside.deadline import elapsed


@dataclass(frozen=True)
class Task:
    """One chore: its name is kept, so it stays what it is."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]
    """Does it, at a time of the database; safe to run twice. Outside transactions."""


def plan_chores(tasks: Sequence[Task]) -> None:
    """Make a row for each chore that has none yet; what is new is due at once."""
    known = set(Chore.objects.values_list("name", flat=True))
    missing = [Chore(name=task.name) for task in tasks if task.name not in known]
    if missing:
        Chore.objects.bulk_create(missing, ignore_conflicts=True)


def chores_kind(tasks: Sequence[Task]) -> Kind:
    """Return the kind of work that all chores are."""
    by_name = {task.name: task for task in tasks}

    def step(_organisation: UUID, chore_id: UUID, /, *, now: datetime) -> None:
        chore = Chore.objects.get(pk=chore_id)
        task = by_name.get(chore.name)
        if task is None:  # of a version before or after this one
            Chore.objects.filter(pk=chore_id).update(next_attempt_at=now + timedelta(hours=1))
            return
        began = elapsed()
        task.run(now)
        Chore.objects.filter(pk=chore_id).update(
            next_attempt_at=now + task.every, done_at=now, took_seconds=elapsed() - began
        )

    return Kind("chores", Lane.UPKEEP, Chore, step, lease=timedelta(minutes=10), parks=False)
