"""New tenants."""

from datetime import datetime
from uuid import uuid4

from organisations.domain.roles import Role
from organisations.models import Organisation, User
from organisations.services.audit import Actor, record
from organisations.services.members import invite_member
from organisations.tenancy import acting_for


def add_organisation(
    *,
    name: str,
    language: str,
    administrator_email: str,
    administrator_name: str,
    actor: Actor,
    now: datetime,
) -> tuple[Organisation, User]:
    """Make a tenant with its first administrator, who adds everything else on the pages.

    A new account has no password until its owner sets one through the reset page.
    """
    key = uuid4()
    with acting_for([key], as_platform=True):
        organisation = Organisation.objects.create(
            id=key, name=" ".join(name.split()), language=language, created_at=now
        )
        record(organisation, "organisation_added", organisation, actor=actor, now=now, name=organisation.name)
        administrator, _created = invite_member(
            organisation,
            email=administrator_email,
            full_name=administrator_name,
            role=Role.ADMINISTRATOR,
            language=language,
            actor=actor,
            now=now,
        )
    return organisation, administrator
