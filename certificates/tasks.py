"""Celery's way in: each task loads by id, calls its service, returns. All are safe to run twice."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from certificates.services.foreigners import work as foreign
from certificates.services.reminders import notices
from certificates.services.requests import work
from certificates.services.revocations import work as revocations
from certificates.services.status import check as check_revocation
from organisations.services.letters.reminders import organisations_to_remind

SWEEP_MESSAGE_SECONDS = 30


@shared_task(name="certificates.work_on_request", soft_time_limit=240)
def work_on_request(organisation_id: str, request_id: str) -> None:
    """Take the next step of one request."""
    work.work_on_request(UUID(organisation_id), UUID(request_id), now=timezone.now())


@shared_task(name="certificates.sweep_requests")
def sweep_requests() -> None:
    """Pick up what is due, whether or not a message for it was lost."""
    for organisation_id, request_id in work.due_requests(now=timezone.now()):
        # The next sweep sends again what is still due, so an old message may lapse.
        work_on_request.apply_async((str(organisation_id), str(request_id)), expires=SWEEP_MESSAGE_SECONDS)


@shared_task(name="certificates.work_on_revocation", soft_time_limit=240)
def work_on_revocation(organisation_id: str, revocation_id: str) -> None:
    """Take the next step of one revocation."""
    revocations.work_on_revocation(UUID(organisation_id), UUID(revocation_id), now=timezone.now())


@shared_task(name="certificates.sweep_revocations")
def sweep_revocations() -> None:
    """Pick up those that are due, whether or not a message was lost."""
    for organisation_id, revocation_id in revocations.due_revocations(now=timezone.now()):
        work_on_revocation.apply_async(
            (str(organisation_id), str(revocation_id)), expires=SWEEP_MESSAGE_SECONDS
        )


@shared_task(name="certificates.check_revocations")
def check_revocations() -> None:
    """Ask the state of the certificates that were not asked about today."""
    for organisation_id, certificate_id in check_revocation.due_certificates(now=timezone.now()):
        check_certificate.delay(str(organisation_id), str(certificate_id))


@shared_task(name="certificates.check_certificate", soft_time_limit=240)
def check_certificate(organisation_id: str, certificate_id: str) -> None:
    """Ask OCSP or the CRL about one certificate."""
    check_revocation.check_revocation(UUID(organisation_id), UUID(certificate_id), now=timezone.now())


@shared_task(name="certificates.work_on_foreign_request", soft_time_limit=240)
def work_on_foreign_request(organisation_id: str, request_id: str) -> None:
    """Take the next step of one request of a foreign care provider."""
    foreign.work_on_foreign_request(UUID(organisation_id), UUID(request_id), now=timezone.now())


@shared_task(name="certificates.sweep_foreign_requests")
def sweep_foreign_requests() -> None:
    """Pick up those that are due, whether or not a message was lost."""
    for organisation_id, request_id in foreign.due_foreign_requests(now=timezone.now()):
        work_on_foreign_request.apply_async(
            (str(organisation_id), str(request_id)), expires=SWEEP_MESSAGE_SECONDS
        )


@shared_task(name="certificates.sweep_reminders")
def sweep_reminders() -> None:
    """Find the organisations in which something is to be told, or nobody has looked for a while."""
    for organisation_id in organisations_to_remind(now=timezone.now()):
        remind_organisation.apply_async((str(organisation_id),), expires=SWEEP_MESSAGE_SECONDS)


@shared_task(name="certificates.remind_organisation", soft_time_limit=240)
def remind_organisation(organisation_id: str) -> None:
    """Tell the members of one of them what waits or ends."""
    notices.remind_organisation(UUID(organisation_id), now=timezone.now())
