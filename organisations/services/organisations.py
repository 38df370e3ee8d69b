"""New tenants."""

from datetime import datetime
from uuid import UUID, uuid4

from organisations.domain.roles import Role
from organisations.models import Invitation, Organisation
from organisations.services.audit import Actor, record
from organisations.services.invitations import invite
from organisations.tenancy import acting_for


def add_organisation(
    *,
    name: str,
    language: str,
    administrator_email: str,
    administrator_name: str,
    actor: Actor,
    now: datetime,
    key: UUID | None = None,
) -> tuple[Organisation, Invitation]:
    """Make a tenant and invite its first administrator, who adds everything else on the pages.

    Its letter leaves after the commit. `key` is its id, where that was decided elsewhere.
    """
    key = key or uuid4()
    with acting_for([key], as_platform=True):
        organisation = Organisation.objects.create(
            id=key, name=" ".join(name.split()), language=language, created_at=now
        )
        record(organisation, "organisation_added", organisation, actor=actor, now=now, name=organisation.name)
        invitation = invite(
            organisation,
            email=administrator_email,
            full_name=administrator_name,
            role=Role.ADMINISTRATOR,
            language=language,
            invited_by=None,
            actor=actor,
            now=now,
        )
    return organisation, invitation
