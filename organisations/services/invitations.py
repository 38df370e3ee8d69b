"""Invitations: a role is given only to who agreed.

Whoever invites learns nothing about the address: whether it has an account shows nowhere before its owner accepts. The
letter carries an address under which the invitation is found; its last part proves that somebody read the letter.
"""

import hmac
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from organisations.domain.roles import Role
from organisations.domain.work import Lane
from organisations.errors import AlreadyInvited, InvitationOver, RoleHeld
from organisations.models import Invitation, Membership, Organisation, Person, User
from organisations.models.invitation import LIFETIME
from organisations.models.queued import AS_IF_NEVER_FAILED
from organisations.services.accounts import choose_password_by_mail, is_begun
from organisations.services.audit import Actor, record
from organisations.services.members import add_member, remember_organisation
from organisations.services.work.wakes import wake_on_commit
from organisations.tenancy import acting_for


class Outcome(StrEnum):
    """What became of an invitation."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


def invite(
    organisation: Organisation,
    *,
    email: str,
    full_name: str,
    role: Role,
    language: str,
    invited_by: User | None,
    actor: Actor,
    now: datetime,
) -> Invitation:
    """Offer `role` to the owner of an address; the letter leaves after the commit.

    Raises RoleHeld for a member who has the role, AlreadyInvited while an invitation to it waits.
    """
    address = email.strip().lower()
    held = Membership.objects.filter(organisation=organisation, role=role.value, user__email__iexact=address)
    if held.exists():
        raise RoleHeld(field="email")
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                organisation=organisation,
                email=address,
                full_name=" ".join(full_name.split()),
                language=language,
                role=role.value,
                invited_by=invited_by,
                created_at=now,
                expires_at=now + LIFETIME,
                next_attempt_at=now,
            )
            _record(invitation, "invitation_made", actor, now)
    except IntegrityError as error:
        raise AlreadyInvited(field="email") from error
    _nudge()
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, actor: Actor, now: datetime) -> None:
    """Let the letter go out once more, with its whole time from now. Raises InvitationOver for one that has ended."""
    rows = Invitation.objects.filter(pk=invitation.pk, ended_at=None)
    anew = AS_IF_NEVER_FAILED | {"next_attempt_at": now, "sent_at": None, "attempts": 0, "answer": ""}
    if not rows.update(expires_at=now + LIFETIME, **anew):
        raise InvitationOver
    _record(invitation, "invitation_renewed", actor, now)
    _nudge()


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, actor: Actor, now: datetime) -> None:
    """Take an invitation back. Raises InvitationOver for one that was answered meanwhile."""
    _end(invitation, Outcome.WITHDRAWN, now)
    _record(invitation, "invitation_withdrawn", actor, now)


@transaction.atomic
def withdraw_invitations_of(person: Person, *, actor: Actor, now: datetime) -> None:
    """Take back what is open for the addresses of somebody who leaves: a role must not come back by an old letter."""
    addresses = {one.lower() for one in (person.email, person.user.email if person.user else "") if one}
    rows = Invitation.objects.filter(organisation=person.organisation_id, email__in=addresses, ended_at=None)
    for invitation in rows:
        with suppress(InvitationOver):
            withdraw_invitation(invitation, actor=actor, now=now)


@transaction.atomic
def decline(invitation: Invitation, *, now: datetime) -> None:
    """Note that the owner of the address does not want the role. Raises InvitationOver."""
    _end(invitation, Outcome.DECLINED, now)
    _record(invitation, "invitation_declined", Actor("invited", None, invitation.full_name), now)


@transaction.atomic
def accept(invitation: Invitation, user: User, *, now: datetime) -> None:
    """Give the role to `user`, the signed-in owner of the address, who goes on in that organisation.

    Raises InvitationOver when its time has passed, when it was answered, or when it is for another address.
    """
    if user.email.lower() != invitation.email.lower() or not invitation.is_open(now):
        raise InvitationOver
    _end(invitation, Outcome.ACCEPTED, now)
    inviter = invitation.invited_by
    add_member(
        invitation.organisation,
        email=user.email,
        full_name=user.full_name,
        role=Role(invitation.role),
        actor=Actor.user(user),
        now=now,
        invited_by=None if inviter is None else str(inviter),
    )
    remember_organisation(user, invitation.organisation)


@transaction.atomic
def accept_with_password(invitation: Invitation, password: str, *, now: datetime) -> User:
    """Begin the account of an address that has none, with the password that was chosen through the letter.

    Returns the user, who has the role. Raises InvitationOver, also when the account was begun meanwhile: then its
    owner signs in first.
    """
    if not invitation.is_open(now):
        raise InvitationOver
    user = owner_of(invitation)
    if is_begun(user) or (user is not None and not user.is_active):
        raise InvitationOver
    if user is None:
        user = User.objects.create_user(
            invitation.email, full_name=invitation.full_name, language=invitation.language
        )
    choose_password_by_mail(user, password)
    accept(invitation, user, now=now)
    return user


def owner_of(invitation: Invitation) -> User | None:
    """Return the account with the address of an invitation. Only the letter and its page may depend on it."""
    return User.objects.filter(email__iexact=invitation.email).first()


def link_of(invitation: Invitation) -> str:
    """Return the address that the letter carries, at the installation's origin."""
    path = reverse("invitation", args=[invitation.organisation_id, invitation.pk, _seal(invitation.pk)])
    return f"{settings.ORIGIN}{path}"


def find_invitation(organisation_id: UUID, invitation_id: UUID, seal: str) -> Invitation | None:
    """Return the invitation that a letter leads to; None unless its address came whole. Opens its own transaction."""
    secrets = (None, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(seal.encode(), _seal(invitation_id, one).encode()) for one in secrets):
        return None
    with acting_for([organisation_id], as_platform=True):
        rows = Invitation.objects.select_related("organisation", "invited_by")
        return rows.filter(organisation_id=organisation_id, pk=invitation_id).first()


def _seal(invitation_id: UUID, secret: str | None = None) -> str:
    """Return what makes a link whole, under SECRET_KEY where no other `secret` is named."""
    made = salted_hmac("organisations.invitation", invitation_id.hex, secret=secret, algorithm="sha256")
    return made.hexdigest()[:40]


def _end(invitation: Invitation, outcome: Outcome, now: datetime) -> None:
    rows = Invitation.objects.filter(pk=invitation.pk, ended_at=None)
    if not rows.update(ended_at=now, outcome=outcome.value, next_attempt_at=None):
        raise InvitationOver
    invitation.ended_at, invitation.outcome = now, outcome.value


def _record(invitation: Invitation, action: str, actor: Actor, now: datetime) -> None:
    facts = {"name": invitation.full_name, "role": invitation.role}
    record(invitation.organisation_id, action, invitation, actor=actor, now=now, **facts)


def _nudge() -> None:
    wake_on_commit(Lane.NOTICES)
