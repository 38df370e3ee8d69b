"""The questions about the government's records, as workers ask them."""

import base64
from datetime import datetime
from functools import partial

from certificates.errors.signing import JobClosed, JobUnknown
from certificates.models import AgentJob
from certificates.models.errand import ErrandKind
from certificates.services.errands.ask import Answer, Order
from certificates.services.errands.run import Asked
from certificates.services.records.ask_own import ask_own_record
from certificates.services.records.card_questions import answered, check_questions
from certificates.services.records.read import read_records
from certificates.services.signing.gateways import gateway_of
from certificates.services.tokens.errands import certificate_asked, signed_asked
from organisations.models import Device
from organisations.tenancy import acting_for


def records_order(job: AgentJob, device: Device, qualities: bytes, certificates: bytes) -> Order:
    """Return the order of a workstation that hands in both signed questions."""
    given = {
        "job": job.pk,
        "qualities": base64.b64encode(qualities).decode(),
        "certificates": base64.b64encode(certificates).decode(),
    }
    return Order(ErrandKind.READ_RECORDS, job.organisation_id, given, device=device.pk)


def read(asked: Asked, now: datetime) -> Answer:
    """Ask both questions and make proposals; return how many. What was answered before is found again."""
    given = asked.parameters
    qualities, certificates = (base64.b64decode(given[one]) for one in ("qualities", "certificates"))
    with acting_for([asked.organisation], as_platform=True):
        job = AgentJob.objects.select_related("inquiry", "holder").filter(pk=given["job"]).first()
        if job is None:
            raise JobUnknown
        if (found := answered(job, qualities, certificates)) is not None:
            return {"proposals": found}
        questions = check_questions(job, qualities, certificates, now=now)
    gateway = partial(gateway_of, job.environment)
    try:
        return {"proposals": read_records(job, questions, asked.workstation, gateway, now=now)}
    except JobClosed:
        # Perhaps by these very questions, in the hands of another worker.
        with acting_for([asked.organisation], as_platform=True):
            again = answered(
                AgentJob.objects.select_related("inquiry").get(pk=job.pk), qualities, certificates
            )
        if again is None:
            raise
        return {"proposals": again}


def read_own(asked: Asked, now: datetime) -> Answer:
    """Ask what the government keeps of a certificate; return both its states, and when it may be renewed."""
    certificate = certificate_asked(asked)
    gateway = gateway_of(certificate.environment)
    info = ask_own_record(certificate, signed_asked(asked), asked.workstation, gateway, now=now)
    opens = info.replacement_period_start
    return {
        "status": str(info.status),
        "token_status": str(info.etk_status),
        "replaceable_from": opens.isoformat() if opens else None,
    }
