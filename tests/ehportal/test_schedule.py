"""The beat wakes every lane, and each kind of work has a lane in which a worker takes it up."""

from ehportal.celery import app
from ehportal.lanes import KINDS, kinds_of
from organisations.domain.work import Lane
from organisations.services.work.wakes import TASK


def test_the_beat_wakes_every_lane() -> None:
    assert set(app.conf.beat_schedule) == {lane.value for lane in Lane}
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == {TASK}
    app.loader.import_default_modules()
    assert TASK in app.tasks


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert sum(len(kinds_of(lane)) for lane in Lane) == len(KINDS)
