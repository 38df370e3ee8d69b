"""The Celery application: workers, and the beat that wakes every lane every few seconds.

Messages carry no work: the rows are the queue, and a message only says "look". What stands in a queue is at most one
wake-up a lane, however long the workers are away.
"""

import os

from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from celery.signals import setup_logging

from organisations.domain.work import Lane

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")

app = Celery("ehportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.imports = ["ehportal.lanes"]

EVERY = 2.0
"""Seconds between two looks at a lane for which nobody was woken."""

app.conf.beat_schedule = {lane.value: {"task": "work.lane", "schedule": EVERY} for lane in Lane}


class Beat(Scheduler):
    """Wakes each lane in turn, unless a wake-up stands there; keeps nothing, so any number may run at once."""

    def apply_entry(self, entry: ScheduleEntry, producer: object = None) -> None:
        """Wake the lane of `entry`. Does nothing while Redis is away."""
        from organisations.services.work.wakes import wake  # Django is not set up before

        wake(Lane(entry.name or ""))


app.conf.beat_scheduler = "ehportal.celery:Beat"


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Stop Celery from replacing the JSON logs."""
