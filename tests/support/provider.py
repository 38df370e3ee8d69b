"""A care provider of the sandbox's authentic source, as a member of a hospital, with card and device."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from certificates.domain.lifecycle import Environment, RequestState
from certificates.models import Certificate, CertificateRequest
from certificates.services.own.certificate import OwnWish, request_own_certificate
from organisations.domain.roles import Role
from organisations.models import Person, User
from organisations.services.members import add_member
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess

SSIN = "00010100105"


@dataclass
class Provider:
    """Dr Sofie Janssens, who works in `hospital`."""

    hospital: Hospital
    user: User
    person: Person

    def wish(self, **changes: Any) -> OwnWish:
        values: dict[str, Any] = {
            "environment": Environment.PRODUCTION,
            "email_private": "sofie@janssens.example",
            "email_general": "",
            "phone_private": "+32 470 00 00 00",
            "phone_general": "",
            "base_service_usages": (),
        }
        return OwnWish(**(values | changes))

    def request(
        self, *, by: User | None = None, now: datetime | None = None, **changes: Any
    ) -> CertificateRequest:
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            return request_own_certificate(
                self.hospital.organisation,
                self.person,
                self.wish(**changes),
                user=by or self.user,
                now=now or datetime.now(UTC),
            )

    def certificate(self, request: CertificateRequest) -> Certificate:
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            return Certificate.objects.select_related("owner").get(request=request)


def make_provider(hospital: Hospital, *, ssin: str = SSIN, language: str = "en") -> Provider:
    """Add Sofie to the hospital: a viewer with an account of her own."""
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        user, _ = add_member(
            hospital.organisation,
            email=f"sofie.{hospital.organisation.pk.hex[:8]}@maasdal.example",
            full_name="Sofie Janssens",
            role=Role.VIEWER,
            language=language,
            actor=PLATFORM,
            now=now,
        )
        person = add_person(
            hospital.organisation,
            first_names="Sofie",
            name="Janssens",
            ssin=ssin,
            email="sofie@janssens.example",
            user=user,
            actor=PLATFORM,
            now=now,
        )
    return Provider(hospital, user, person)


def her_desk(government: SandboxProcess) -> Holder:
    """Her card and an enrolled workstation."""
    desk = Holder(issue_identity(government.state, SSIN, "Sofie", "Janssens"))
    assert desk.enrol().status_code == 201
    return desk


def issued(
    government: SandboxProcess, provider: Provider, desk: Holder, **changes: Any
) -> CertificateRequest:
    """Her certificate, requested, signed and delivered."""
    hospital = provider.hospital
    request = hospital.step(provider.request(**changes))
    assert request.state == RequestState.AWAITING_SIGNATURE, request.problem
    job = desk.job(request.job.pk)
    sent = desk.send(job.id, desk.signed(job.request, rsa.generate_private_key(65537, 2048)))
    assert sent.status_code == 202, sent.content
    request = hospital.step(hospital.step(request))
    assert request.state == RequestState.ISSUED, (request.state, request.problem)
    return request
