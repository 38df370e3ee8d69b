"""Looking at certificates before they are renewed: what stands in the way, who signs, what is known already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from certificates.domain.lifecycle import FINAL_STATES, RequestState
from certificates.domain.renewal import (
    HolderStanding,
    RenewalFacts,
    RenewalOutcome,
    Succession,
    renewal_outcome,
)
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate, CertificateRequest, Revocation
from certificates.models.request import CONTACT_FIELDS
from certificates.models.work import KEY_STORE_LOST
from certificates.services.requests.start import BASE_SERVICES, LONGEST
from certificates.succession import NAME
from organisations import selectors
from organisations.domain.claims import Use
from organisations.domain.mandates import belgian_day
from organisations.models import Mandate, Organisation, OrganisationIdentifier, Person

NEEDED = ("email_private", "phone_private")
"""Contact data without which the government takes no request."""

SIGNABLE = frozenset({RenewalOutcome.RENEWABLE, RenewalOutcome.NO_WORKSTATION})


@dataclass(frozen=True)
class KnownContact:
    """Contact data and services that a renewal starts from; empty text means "not known"."""

    email_private: str = ""
    email_general: str = ""
    phone_private: str = ""
    phone_general: str = ""
    base_service_usages: tuple[str, ...] = ()

    def completed_by(self, other: "KnownContact", *, services: bool) -> "KnownContact":
        """Return the same with what is not known taken from `other`; the services too where that is asked for."""
        known = {name: getattr(self, name) or getattr(other, name) for name in CONTACT_FIELDS}
        usages = self.base_service_usages or (other.base_service_usages if services else ())
        return KnownContact(**known, base_service_usages=usages)

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that somebody still has to fill in."""
        return tuple(name for name in NEEDED if not getattr(self, name))


@dataclass(frozen=True)
class RenewalPlan:
    """What a renewal of `certificate` would be today.

    `former_holder` is who holds it now, as far as that is known here; `holder` who will sign, where there is nothing
    to choose; `renewal` the request that is on its way; `successor_id` the certificate that has taken over.
    """

    certificate: Certificate
    outcome: RenewalOutcome
    opens_at: datetime
    identifier: OrganisationIdentifier | None
    former_holder: Person | None
    holder: Person | None
    contact: KnownContact
    renewal: CertificateRequest | None
    successor_id: UUID | None

    @property
    def possible(self) -> bool:
        """True when a request can be made today, whatever is still to be filled in."""
        return self.outcome in SIGNABLE

    @property
    def one_click(self) -> bool:
        """True when nothing has to be chosen or filled in."""
        return self.possible and self.holder is not None and not self.contact.missing


def contact_of_request(request: CertificateRequest) -> KnownContact:
    """Return the contact data that a request was made with."""
    services = tuple(code for code in request.base_service_usages if code in BASE_SERVICES)
    return KnownContact(
        **{name: getattr(request, name) for name in CONTACT_FIELDS}, base_service_usages=services
    )


def contact_of_record(data: object) -> KnownContact:
    """Return the contact data that the government keeps with a certificate, without what we have no field for."""
    if not isinstance(data, dict):
        return KnownContact()
    texts: dict[str, Any] = {}
    for name in CONTACT_FIELDS:
        value = data.get(name)
        texts[name] = value.strip() if isinstance(value, str) and len(value) <= LONGEST[name] else ""
    given = data.get("base_service_usages")
    known = [code for code in given if code in BASE_SERVICES] if isinstance(given, list) else []
    return KnownContact(**texts, base_service_usages=tuple(dict.fromkeys(known)))


def plan_renewal(certificate: Certificate, *, now: datetime) -> RenewalPlan:
    """Return the plan of one certificate; see `plan_renewals`."""
    return plan_renewals(certificate.organisation, [certificate], now=now)[certificate.pk]


def plan_renewals(
    organisation: Organisation, certificates: Sequence[Certificate], *, now: datetime
) -> dict[UUID, RenewalPlan]:
    """Return the plans of certificates of `organisation`, by their ids; any number takes as many queries."""
    if not certificates:
        return {}
    surroundings = _Surroundings(organisation, certificates, now)
    return {one.pk: surroundings.plan(one, now) for one in certificates}


class _Surroundings:
    """Everything around some certificates, read at once."""

    def __init__(
        self, organisation: Organisation, certificates: Sequence[Certificate], now: datetime
    ) -> None:
        ids = [one.pk for one in certificates]
        numbers = OrganisationIdentifier.objects.filter(organisation=organisation).select_related(
            "organisation"
        )
        self.identifiers = {(one.type, one.value): one for one in numbers}
        self.made_by: dict[UUID, CertificateRequest] = {}
        self.on_their_way: dict[UUID, CertificateRequest] = {}
        self.last_tried: dict[UUID, CertificateRequest] = {}
        requests = (
            CertificateRequest.objects.filter(
                Q(certificate__in=ids) | Q(replaces__in=ids), organisation=organisation
            )
            .select_related("holder", "identifier__organisation", "requested_by")
            .defer("sealed_contract", "sealed_signed_request")
            .order_by("requested_at", "pk")
        )
        for request in requests:
            if request.replaces_id is not None:
                self.last_tried[request.replaces_id] = request
            if request.certificate_id is not None:
                self.made_by[request.certificate_id] = request
            if request.replaces_id and RequestState(request.state) not in FINAL_STATES | {
                RequestState.ISSUED
            }:
                self.on_their_way[request.replaces_id] = request
        on_their_way = Revocation.objects.on_their_way().filter(certificate__in=ids)
        self.defaults = contact_of_record(organisation.contact_defaults)
        self.ending = set(on_their_way.values_list("certificate_id", flat=True))
        self.successors = _successors(organisation, ids)
        self.mandated = self._mandated(organisation, certificates, now)
        self.enrolled = self._enrolled(organisation)

    def _identifier(self, certificate: Certificate) -> OrganisationIdentifier | None:
        return self.identifiers.get((certificate.identifier_type, certificate.identifier_value))

    def _mandated(
        self, organisation: Organisation, certificates: Iterable[Certificate], now: datetime
    ) -> dict[UUID, dict[UUID, Person]]:
        wanted = {one.pk for certificate in certificates if (one := self._identifier(certificate))}
        found: dict[UUID, dict[UUID, Person]] = {}
        mandates = (
            Mandate.objects.filter(
                organisation=organisation, identifier__in=wanted, person__left_on__isnull=True
            )
            .active_on(belgian_day(now))
            .select_related("person")
        )
        for mandate in mandates:
            found.setdefault(mandate.identifier_id, {})[mandate.person_id] = mandate.person
        return found

    def _enrolled(self, organisation: Organisation) -> set[UUID]:
        mandated = {person for people in self.mandated.values() for person in people}
        cards = selectors.devices_of(organisation).order_by().values("ssin_index")
        return set(Person.objects.filter(pk__in=mandated, ssin_index__in=cards).values_list("pk", flat=True))

    def plan(self, certificate: Certificate, now: datetime) -> RenewalPlan:
        identifier = self._identifier(certificate)
        made_by = self.made_by.get(certificate.pk)
        former = made_by.holder if made_by else None
        mandated = self.mandated.get(identifier.pk, {}) if identifier else {}
        holder = _holder(former, mandated)
        renewal = self.on_their_way.get(certificate.pk)
        successor = self.successors.get(certificate.pk)
        succession = (
            Succession.RENEWED if successor else Succession.IN_PROGRESS if renewal else Succession.NONE
        )
        facts = RenewalFacts(
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            revocation=RevocationStatus(certificate.revocation_status),
            recognised=certificate.chain_trusted,
            ending=certificate.pk in self.ending,
            replaceable_from=certificate.replaceable_from,
            ours=identifier is not None,
            number_waits=identifier is not None and not identifier.may(Use.REQUEST),
            succession=succession,
            key_store_lost=_says_lost(self.last_tried.get(certificate.pk)),
            holder=_standing(former, holder),
            anyone_mandated=bool(mandated),
            enrolled=holder is not None and holder.pk in self.enrolled,
        )
        contact = contact_of_request(made_by) if made_by else contact_of_record(certificate.contact_data)
        # Whoever made the request chose its services; of an imported one nobody did.
        unknown = made_by is None and not certificate.contact_data
        contact = contact.completed_by(self.defaults, services=unknown)
        return RenewalPlan(
            certificate,
            renewal_outcome(facts, now),
            facts.opens_at,
            identifier,
            former,
            holder,
            contact,
            renewal,
            successor,
        )


def _holder(former: Person | None, mandated: dict[UUID, Person]) -> Person | None:
    """Return who signs: the former holder while mandated; where nobody is known, the only one there is."""
    if former is not None:
        return mandated.get(former.pk)
    return next(iter(mandated.values())) if len(mandated) == 1 else None


def _says_lost(request: CertificateRequest | None) -> bool:
    return request is not None and (request.problem or {}).get("kind") == KEY_STORE_LOST


def _standing(former: Person | None, holder: Person | None) -> HolderStanding:
    if holder is not None:
        return HolderStanding.MANDATED
    if former is None:
        return HolderStanding.UNKNOWN
    return HolderStanding.WITHOUT_MANDATE if former.left_on is None else HolderStanding.LEFT


def _successors(organisation: Organisation, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return, by certificate, the latest genuine one of the same name that ends after it."""
    later = (
        Certificate.objects.filter(
            organisation=OuterRef("organisation"),
            not_after__gt=OuterRef("not_after"),
            **{field: OuterRef(field) for field in NAME},
        )
        .exclude(identifier_type="")
        .genuine()
        .order_by("-not_after")
    )
    rows = Certificate.objects.filter(organisation=organisation, pk__in=ids)
    found = rows.annotate(successor=Subquery(later.values("pk")[:1])).values_list("pk", "successor")
    return {pk: successor for pk, successor in found if successor is not None}
