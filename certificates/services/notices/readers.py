"""Who of an organisation is told of what, read at once; only its active members are written to."""

from datetime import datetime

from certificates.models import Certificate, CertificateRequest, Revocation
from certificates.services.renewals.plan import RenewalPlan
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.models import Mandate, Membership, Organisation, Person, User


class Readers:
    """The members of an organisation by what they look after; two queries."""

    def __init__(self, organisation: Organisation, now: datetime) -> None:
        roles = Membership.objects.filter(organisation=organisation, user__is_active=True)
        self._members: dict[object, User] = {}
        administrators: dict[User, None] = {}
        for one in roles.select_related("user").order_by("user_id"):
            user = self._members.setdefault(one.user_id, one.user)
            if one.role == Role.ADMINISTRATOR:
                administrators[user] = None
        self.administrators = tuple(administrators)
        self._holders: dict[tuple[str, str], list[User]] = {}
        mandates = Mandate.objects.filter(organisation=organisation, person__left_on=None).active_on(
            belgian_day(now)
        )
        for type_, value, user_id in mandates.order_by("person_id").values_list(
            "identifier__type", "identifier__value", "person__user_id"
        ):
            self._holders.setdefault((type_, value), []).extend(self.member(user_id))

    def member(self, user_id: object) -> tuple[User, ...]:
        """Return the member with this account, as a tuple of one; an empty one when no member has it."""
        user = self._members.get(user_id)
        return () if user is None else (user,)

    def account_of(self, person: Person | None) -> tuple[User, ...]:
        """Return the account of a person who is still here and a member, as a tuple; empty when there is none."""
        return () if person is None or person.left_on is not None else self.member(person.user_id)

    def holders_of(self, certificate: Certificate) -> tuple[User, ...]:
        """Return who may act on a certificate: its owner, else who is mandated for its number.

        A care provider's certificate without owner here has no number that a mandate is for: any holder may.
        """
        if certificate.owner_id is not None:
            return self.account_of(certificate.owner)
        if certificate.ssin_index:
            return tuple(dict.fromkeys(user for users in self._holders.values() for user in users))
        number = (certificate.identifier_type, certificate.identifier_value)
        return tuple(dict.fromkeys(self._holders.get(number, ())))

    def of(self, thing: Certificate | CertificateRequest | Revocation, *holders: User) -> tuple[User, ...]:
        """Return `holders` and the administrators; what is private to somebody is told to nobody else."""
        if thing.private_to_id is not None:
            return self.member(thing.private_to_id)
        return tuple(dict.fromkeys((*holders, *self.administrators)))


def signers_of(plan: RenewalPlan, readers: Readers) -> tuple[User, ...]:
    """Return who would sign the renewal that was planned: its holder where one is named, else who may act on it."""
    if plan.holder is not None:
        return readers.account_of(plan.holder)
    return readers.holders_of(plan.certificate)
