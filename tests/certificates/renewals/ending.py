"""Certificates near their end, with what a renewal and a switch look at around them."""

import secrets
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from certificates.domain.lifecycle import RequestState
from certificates.domain.tokens import TokenState
from certificates.models import (
    Certificate,
    CertificateRequest,
    ContinuityProof,
    EncryptionToken,
    Installation,
    LoginProof,
    MachineLook,
)
from certificates.services.renewals.start import RenewalWish, renew_certificate
from organisations.models import Device, Person
from organisations.services.audit import Actor
from organisations.services.mandates import give_mandate
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.stages import now, tag
from tests.certificates.web.shelf import ask, shelve
from tests.support.holder import link
from tests.support.hospital import PLATFORM, Hospital

S = RequestState
RECORD = {
    "email_private": "apotheek@maasdal.example",
    "email_general": None,
    "phone_private": "+32 11 22 33 99",
    "phone_general": "",
    "base_service_usages": ["tsa", "somethingNew", "tsa"],
}


def known(hospital: Hospital, days_left: int = 60, **fields: Any) -> Certificate:
    """A certificate made here by a request, so that holder and contact data are known."""
    made = ask(hospital, S.COMPLETED, application_id=tag())
    assert made.certificate is not None
    end = now() + timedelta(days=days_left)
    values = {"not_before": end - timedelta(days=1096), "not_after": end} | fields
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=made.certificate.pk).update(**values)
    return reload(hospital, made.certificate_id)


def reload(hospital: Hospital, key: Any) -> Certificate:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Certificate.objects.select_related("organisation").get(pk=key)


def renew(
    hospital: Hospital, certificate: Certificate, wish: RenewalWish | None = None
) -> CertificateRequest:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return renew_certificate(
            certificate,
            wish,
            requested_by=hospital.administrator,
            actor=Actor.user(hospital.administrator),
            now=now(),
        )


def wish(hospital: Hospital, **changes: Any) -> RenewalWish:
    values: dict[str, Any] = {
        "holder_id": hospital.holder.pk,
        "email_private": "an@maasdal.example",
        "email_general": "",
        "phone_private": "+32 11",
        "phone_general": "",
        "base_service_usages": (),
        "reason": "",
    }
    return RenewalWish(**(values | changes))


def colleague(hospital: Hospital, *, mandated: bool = True) -> Person:
    with acting_for([hospital.organisation.pk], as_platform=True):
        person = add_person(
            hospital.organisation,
            first_names="Tom",
            name="Maes",
            ssin="93051822361",
            actor=PLATFORM,
            now=now(),
        )
        if mandated:
            give_mandate(hospital.organisation, person=person, identifier=hospital.identifier,
                         starts_on=date(2024, 1, 1), actor=PLATFORM, now=now())  # fmt: skip
    return person


def device(hospital: Hospital) -> None:
    made = Device.objects.create(
        thumbprint=str(hospital.organisation.pk), public_jwk={}, label="desk", ssin_index=hospital.holder.ssin_index,
        holder_first_names=["An"], holder_name="Peeters",
    )  # fmt: skip
    link(made, hospital.holder)


def install(hospital: Hospital, certificate: Certificate, **fields: Any) -> Installation:
    values: dict[str, Any] = {
        "device_id": uuid4(),
        "machine": "PC-APO-014",
        "path": "/home/an/a.p12",
        "file_digest": secrets.token_hex(32),
        "fingerprint": certificate.fingerprint,
        "environment": certificate.environment,
        "first_seen_at": now(),
        "last_seen_at": now(),
    }
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Installation.objects.create(
            organisation=hospital.organisation, certificate=certificate, **(values | fields)
        )


def looked(hospital: Hospital, machine: str = "PC-APO-014", *, days_ago: float = 0) -> MachineLook:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return MachineLook.objects.create(
            organisation=hospital.organisation, device_id=uuid4(), machine=machine,
            looked_at=now() - timedelta(days=days_ago),
        )  # fmt: skip


def token(
    hospital: Hospital, certificate: Certificate, state: TokenState = TokenState.ACTIVE
) -> EncryptionToken:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return EncryptionToken.objects.create(
            organisation=hospital.organisation, certificate=certificate, state=state, state_since=now()
        )


def proof(hospital: Hospital, certificate: Certificate, *, passed: bool = True, days_ago: float = 0) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        ContinuityProof.objects.create(
            organisation=hospital.organisation, certificate=certificate, device_id=uuid4(), device_label="desk",
            checked_at=now() - timedelta(days=days_ago), passed=passed, finding="ok" if passed else "not_opened",
        )  # fmt: skip


def login(
    hospital: Hospital, certificate: Certificate, verdict: str = "ok", *, days_ago: float = 0, **fields: Any
) -> LoginProof:
    """What a workstation found when it tried to log in."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        return LoginProof.objects.create(
            organisation=hospital.organisation, certificate=certificate, device_id=uuid4(), device_label="desk",
            checked_at=now() - timedelta(days=days_ago), verdict=verdict, passed=verdict == "ok", **fields,
        )  # fmt: skip


def pair(hospital: Hospital, state: RequestState = RequestState.COMPLETED) -> tuple[Certificate, Certificate]:
    """An old certificate, and the one that was made to replace it."""
    made = ask(hospital, state)
    assert made.certificate is not None
    return shelve(hospital.organisation, made.application_id, 60), made.certificate
