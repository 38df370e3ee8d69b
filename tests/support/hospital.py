"""A hospital of the sandbox's authentic source, as a tenant: people, a mandate, members."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from certificates.domain.lifecycle import Environment
from certificates.models import CertificateRequest
from certificates.services.requests.start import Wish, request_certificate
from certificates.services.requests.work import advance_request
from organisations.domain.claims import Voucher
from organisations.domain.roles import Role
from organisations.models import Mandate, Organisation, OrganisationIdentifier, Person, User
from organisations.services.audit import Actor
from organisations.services.identifiers import add_identifier, prove_identifier
from organisations.services.mandates import give_mandate
from organisations.services.members import add_member
from organisations.services.people import add_person
from organisations.tenancy import acting_for

PLATFORM = Actor.platform()


@dataclass
class Hospital:
    """One tenant with what a request needs."""

    organisation: Organisation
    identifier: OrganisationIdentifier
    holder: Person
    mandate: Mandate
    administrator: User
    holder_user: User

    def wish(self, **changes: Any) -> Wish:
        values: dict[str, Any] = {
            "environment": Environment.PRODUCTION,
            "identifier_id": self.identifier.pk,
            "application_id": "",
            "email_private": "an.peeters@maasdal.example",
            "email_general": "ict@maasdal.example",
            "phone_private": "+32 11 22 33 44",
            "phone_general": "",
            "base_service_usages": ("tsa",),
            "holder_id": self.holder.pk,
            "reason": "Nieuwe server van de apotheek",
        }
        return Wish(**(values | changes))

    def request(self, *, now: datetime | None = None, **changes: Any) -> CertificateRequest:
        with acting_for([self.organisation.pk], as_platform=True):
            return request_certificate(
                self.organisation,
                self.wish(**changes),
                requested_by=self.administrator,
                actor=Actor.user(self.administrator),
                now=now or datetime.now(UTC),
            )

    def reload(self, request: CertificateRequest) -> CertificateRequest:
        with acting_for([self.organisation.pk], as_platform=True):
            return CertificateRequest.objects.select_related(
                "organisation", "identifier__organisation", "holder", "certificate", "job"
            ).get(pk=request.pk)

    def step(self, request: CertificateRequest, *, now: datetime | None = None) -> CertificateRequest:
        """Take the next step whatever the clock says, and return the row as it is then."""
        advance_request(self.reload(request), now=now or datetime.now(UTC))
        return self.reload(request)


def make_hospital(
    *,
    name: str = "AZ Sint-Elisabeth Maasdal",
    cbe: str = "0406798006",
    ssin: str = "85073003328",
    first_names: str = "An Marie",
    surname: str = "Peeters",
    proven: bool = True,
) -> Hospital:
    """Make a tenant; `ssin` is the mandated holder's. With `proven` the operator has vouched for its number."""
    now = datetime.now(UTC)
    key = uuid4()
    with acting_for([key], as_platform=True):
        organisation = Organisation.objects.create(id=key, name=name)
        tag = key.hex[:6]
        administrator, _ = add_member(
            organisation,
            email=f"els.{tag}@maasdal.example",
            full_name="Els Wouters",
            role=Role.ADMINISTRATOR,
            actor=PLATFORM,
            now=now,
        )
        holder_user, _ = add_member(
            organisation,
            email=f"an.{tag}@maasdal.example",
            full_name=f"{first_names} {surname}",
            role=Role.HOLDER,
            actor=PLATFORM,
            now=now,
        )
        identifier, _ = add_identifier(organisation, type="CBE", value=cbe, actor=PLATFORM, now=now)
        if proven:
            prove_identifier(identifier, Voucher.OPERATOR, actor=Actor.operator("Ward"), now=now)
        holder = add_person(
            organisation,
            first_names=first_names,
            name=surname,
            ssin=ssin,
            user=holder_user,
            actor=PLATFORM,
            now=now,
        )
        mandate = give_mandate(
            organisation,
            person=holder,
            identifier=identifier,
            starts_on=date(2020, 1, 1),
            actor=PLATFORM,
            now=now,
        )
    return Hospital(organisation, identifier, holder, mandate, administrator, holder_user)
