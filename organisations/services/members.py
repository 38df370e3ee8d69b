"""Members: who may sign in for an organisation, and as what."""

from datetime import datetime

from django.db import transaction

from organisations.domain.roles import Role
from organisations.errors import LastAdministrator
from organisations.models import Membership, Organisation, User
from organisations.services.audit import Actor, record
from organisations.services.feeds import end_without_right


@transaction.atomic
def add_member(
    organisation: Organisation,
    *,
    email: str,
    full_name: str,
    role: Role,
    language: str = "nl",
    actor: Actor,
    now: datetime,
    invited_by: str | None = None,
) -> tuple[User, bool]:
    """Give `role` to the user with this address, making the account when there is none.

    For who has agreed: accepting an invitation ends here. Returns the user and whether the account is new. A new
    account has no password until its owner sets one; an existing account keeps its name and language.
    """
    user = User.objects.filter(email__iexact=email.strip()).first()
    created = user is None
    if user is None:
        user = User.objects.create_user(email.strip(), full_name=full_name.strip(), language=language)
    membership, new = Membership.objects.get_or_create(
        organisation=organisation, user=user, role=role.value, defaults={"created_at": now}
    )
    if new:
        record(
            organisation,
            "role_given",
            membership,
            actor=actor,
            now=now,
            member=user.full_name,
            role=role.value,
            invited_by=invited_by,
        )
    return user, created


def remember_organisation(user: User, organisation: Organisation) -> None:
    """Keep in which organisation `user` chose to work: the next session opens there."""
    User.objects.filter(pk=user.pk).update(last_organisation=organisation.pk)
    user.last_organisation = organisation.pk


@transaction.atomic
def take_role(membership: Membership, *, actor: Actor, now: datetime) -> None:
    """Take one role of one member away; an account without any role sees nothing from its next page on.

    Raises LastAdministrator.
    """
    if membership.role == Role.ADMINISTRATOR:
        _keep_one_administrator(membership)
    deleted, _rows = Membership.objects.filter(pk=membership.pk).delete()
    if not deleted:
        return  # somebody else did
    record(
        membership.organisation_id,
        "role_taken",
        membership,
        actor=actor,
        now=now,
        member=membership.user.full_name,
        role=membership.role,
    )
    end_without_right(membership.organisation_id, membership.user, now=now)


def _keep_one_administrator(leaving: Membership) -> None:
    """Lock all administrators and raise LastAdministrator unless another can sign in: two could leave at once."""
    held = Membership.objects.filter(organisation=leaving.organisation_id, role=Role.ADMINISTRATOR)
    locked = list(held.select_for_update(of=("self",)).select_related("user").order_by("pk"))
    if not any(one.pk != leaving.pk and one.user.is_active for one in locked):
        raise LastAdministrator
