"""The Celery application: workers, and the beat schedule of the sweeps."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")

app = Celery("ehportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["certificates", "organisations"])
app.conf.beat_schedule = {
    "sweep-requests": {"task": "certificates.sweep_requests", "schedule": 2.0},
    "sweep-foreign-requests": {"task": "certificates.sweep_foreign_requests", "schedule": 5.0},
    "sweep-revocations": {"task": "certificates.sweep_revocations", "schedule": 2.0},
    "check-revocations": {"task": "certificates.check_revocations", "schedule": 600.0},
    "sweep-reminders": {"task": "certificates.sweep_reminders", "schedule": 10.0},
    "sweep-invitations": {"task": "organisations.sweep_invitations", "schedule": 10.0},
    "read-bounces": {"task": "organisations.read_bounces", "schedule": 300.0},
    "forget-old-proofs": {"task": "organisations.forget_old_proofs", "schedule": 600.0},
}


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Stop Celery from replacing the JSON logs."""
