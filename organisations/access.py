"""Who is asking, and what they may do here: the one question that pages and API put before any service."""

from dataclasses import dataclass

from organisations.domain.roles import Permission, Role, permissions_of
from organisations.errors import NotPermitted
from organisations.models import Membership, Organisation, User


@dataclass(frozen=True)
class Tenancy:
    """A signed-in user in one organisation, with the roles held there; `others` are the further organisations."""

    user: User
    organisation: Organisation
    roles: frozenset[Role]
    others: tuple[Organisation, ...] = ()

    @property
    def permissions(self) -> frozenset[Permission]:
        """Return everything that the roles allow."""
        return permissions_of(self.roles)

    def may(self, permission: Permission) -> bool:
        """Return whether one of the roles allows `permission`."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless one of the roles allows `permission`."""
        if not self.may(permission):
            raise NotPermitted(permission)


def tenancies_of(user: User) -> list[tuple[Organisation, frozenset[Role]]]:
    """Return the user's organisations with the roles held in each; reads only organisations that were named."""
    roles: dict[Organisation, set[Role]] = {}
    for membership in (
        Membership.objects.filter(user=user).select_related("organisation").order_by("organisation__name")
    ):
        roles.setdefault(membership.organisation, set()).add(Role(membership.role))
    return [(organisation, frozenset(held)) for organisation, held in roles.items()]
