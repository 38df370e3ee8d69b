"""Revocations brought to a stage of their life against the sandbox, each of a certificate of its own."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.domain.x509 import read_certificate
from certificates.models import Certificate, Revocation
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.revocations.start import RevocationOrder, start_revocation
from certificates.services.revocations.work import advance_revocation, work_on_revocation
from organisations.models import Organisation, User
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.stages import enrolled, tag
from tests.support.holder import Holder
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess

OLD = timedelta(days=400)


def take_in(
    organisation: Organisation,
    government: SandboxProcess,
    *,
    cbe: str = "0406798006",
    name: str = "AZ Sint-Elisabeth Maasdal",
    application_id: str | None = None,
    age: timedelta = OLD,
) -> Certificate:
    """A certificate that the government issued earlier, in the inventory with its chain."""
    order = {
        "environment": "production",
        "identifier": {"type": "CBE", "value": cbe},
        "name": name,
        "application_id": application_id or tag(),
        "not_before": (datetime.now(UTC) - age).isoformat(),
    }
    issued = government.control_post("/control/issue", order)
    der = x509.load_pem_x509_certificate(issued["pem"].encode()).public_bytes(Encoding.DER)
    pem = (government.pki / "production" / "issuing.pem").read_bytes()
    issuing = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    with acting_for([organisation.pk], as_platform=True):
        certificate, _ = add_certificate(
            organisation,
            read_certificate(der),
            environment=Environment.PRODUCTION,
            chain=[issuing],
            chain_trusted=True,
            source="imported",
            actor=PLATFORM,
            now=datetime.now(UTC),
        )
    return certificate


def order(hospital: Hospital, **changes: Any) -> RevocationOrder:
    values: dict[str, Any] = {
        "reason": RevocationReason.KEY_COMPROMISE,
        "comment": "De laptop werd gestolen",
        "holder_id": hospital.holder.pk,
    }
    return RevocationOrder(**(values | changes))


def ask(
    hospital: Hospital,
    certificate: Certificate,
    *,
    by: User | None = None,
    now: datetime | None = None,
    **changes: Any,
) -> Revocation:
    """An administrator asks for the end of `certificate`."""
    user = by or hospital.administrator
    with acting_for([hospital.organisation.pk], as_platform=True):
        return start_revocation(
            certificate,
            order(hospital, **changes),
            requested_by=user,
            actor=Actor.user(user),
            now=now or datetime.now(UTC),
        )


def reload(hospital: Hospital, revocation: Revocation) -> Revocation:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Revocation.objects.select_related("organisation", "certificate", "holder", "job").get(
            pk=revocation.pk
        )


def step(hospital: Hospital, revocation: Revocation, *, now: datetime | None = None) -> Revocation:
    """Take the next step whatever the clock says, and return the row as it is then."""
    advance_revocation(reload(hospital, revocation), now=now or datetime.now(UTC))
    return reload(hospital, revocation)


def when_due(hospital: Hospital, revocation: Revocation, *, not_before: datetime | None = None) -> Revocation:
    """Let the worker come along once the row is due (or at `not_before`); return the row as it is then."""
    assert revocation.next_attempt_at is not None, f"nothing is due in {revocation.state}"
    now = max(revocation.next_attempt_at, not_before or revocation.next_attempt_at) + timedelta(seconds=1)
    work_on_revocation(revocation.organisation_id, revocation.pk, now=now)
    return reload(hospital, revocation)


def to_sign(hospital: Hospital, holder: Holder, government: SandboxProcess, **changes: Any) -> Revocation:
    """A revocation whose contract waits for the holder's signature."""
    enrolled(holder)
    revocation = step(hospital, ask(hospital, take_in(hospital.organisation, government), **changes))
    assert revocation.state == RevocationState.AWAITING_SIGNATURE, revocation.problem
    return revocation


def sign(hospital: Hospital, holder: Holder, revocation: Revocation) -> Revocation:
    """The holder signs."""
    job = holder.revocation_job(revocation.job.pk)
    answer = holder.send(job.id, holder.signed_revocation(job.request))
    assert answer.status_code == 202, answer.content
    return reload(hospital, revocation)


def signed(hospital: Hospital, holder: Holder, government: SandboxProcess, **changes: Any) -> Revocation:
    """A revocation that is signed and due."""
    return sign(hospital, holder, to_sign(hospital, holder, government, **changes))


def messages(government: SandboxProcess, revocation: Revocation, operation: str = "Revoke") -> list[str]:
    """Return the outcomes of the messages about this certificate's key that the sandbox got."""
    key = revocation.certificate.public_key_identifier.encode()
    return [
        line["outcome"]
        for line in government.control_get("/control/received")
        if line["operation"] == operation and key in base64.b64decode(line["body"]).lower()
    ]
