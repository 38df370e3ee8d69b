"""The beat's schedule names tasks that there are."""

from ehportal.celery import app


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "certificates.sweep_reminders" in scheduled
    assert scheduled <= set(app.tasks)
