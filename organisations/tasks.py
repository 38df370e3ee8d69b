"""Housekeeping of the organisations app."""

from celery import shared_task
from django.utils import timezone

from organisations.services import proofs


@shared_task(name="organisations.forget_old_proofs")
def forget_old_proofs() -> None:
    """Delete proofs that can no longer be replayed."""
    proofs.forget_old_proofs(now=timezone.now())
