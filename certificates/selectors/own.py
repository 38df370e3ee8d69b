"""Questions about a person's own certificates; what is not shared is shown to that person's account only."""

from datetime import datetime

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, CertificateRequest
from certificates.selectors.inventory import LISTED
from certificates.succession import NAME
from organisations.access import Tenancy
from organisations.models import Person


def own_person(tenancy: Tenancy) -> Person | None:
    """Return who the signed-in member is among the people of the organisation; None when nobody was linked."""
    people = Person.objects.filter(organisation=tenancy.organisation, user=tenancy.user, left_on=None)
    return people.first()


def own_certificates(person: Person) -> list[Certificate]:
    """Return the certificates in the person's own name, the one that lasts longest first.

    A shared one counts as renewed here also by one that its owner has not shared yet: nobody else sees this.
    """
    rows = Certificate.objects.filter(organisation_id=person.organisation_id, owner=person)
    found = list(rows.defer(*LISTED).order_by("-not_after", "pk"))
    lasting: dict[tuple[object, ...], datetime] = {}
    for one in found:
        name = tuple(getattr(one, field) for field in NAME)
        one.renewed = one.renewed or lasting.get(name, one.not_after) > one.not_after
        if one.is_genuine and one.identifier_type:
            lasting.setdefault(name, one.not_after)
    return found


def own_requests(person: Person, *, most: int = 10) -> list[CertificateRequest]:
    """Return the person's newest requests in the own name."""
    rows = CertificateRequest.objects.filter(
        organisation_id=person.organisation_id, personal=True, holder=person
    )
    rows = rows.select_related("holder", "requested_by").defer("sealed_contract", "sealed_signed_request")
    return list(rows[:most])


def own_requests_under_way(person: Person) -> dict[str, CertificateRequest]:
    """Return, by environment, the person's own requests that another one would have to wait for."""
    rows = CertificateRequest.objects.blocking_their_name().filter(
        organisation_id=person.organisation_id, personal=True, holder=person
    )
    return {one.environment: one for one in rows.defer("sealed_contract", "sealed_signed_request")}


def requestable(
    certificates: list[Certificate], under_way: dict[str, CertificateRequest], now: datetime
) -> list[Environment]:
    """Return where the person may ask for a first certificate: none is valid, and none is being requested."""
    valid = {one.environment for one in certificates if one.is_genuine and one.not_after > now}
    return [one for one in Environment if one not in valid and one not in under_way]
