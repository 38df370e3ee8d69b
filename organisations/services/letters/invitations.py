"""Sending invitations: the row is claimed, the letter leaves outside any transaction, and what became of it is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from organisations.domain.roles import Role
from organisations.domain.work import Lane
from organisations.models import Correspondent, Invitation
from organisations.services.accounts import is_begun
from organisations.services.audit import Actor, record
from organisations.services.invitations import link_of, owner_of
from organisations.services.letters.mail import Delivery, DeliveryStatus, Message, compose, send
from organisations.services.words import ROLE_EXPLANATIONS, ROLES
from organisations.services.work.deadlocks import write_down
from organisations.services.work.kinds import Kind
from organisations.tenancy import acting_for

AFTER_OUTAGE = timedelta(minutes=2)
"""When it is tried again after the mail server could not be reached."""
PAUSES = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(days=1),
)
"""How long a refused letter waits; after the last one nothing more is tried."""


def send_invitation(organisation_id: UUID, invitation_id: UUID, *, now: datetime) -> Delivery | None:
    """Send one claimed invitation; None when it has ended meanwhile. Call outside transactions.

    A worker that dies between letter and note leaves a lease that lapses: then the letter may come twice, which is
    better than never.
    """
    with acting_for([organisation_id], as_platform=True):
        rows = Invitation.objects.select_related("organisation", "invited_by")
        invitation = rows.filter(pk=invitation_id, ended_at=None, next_attempt_at__isnull=False).first()
        if invitation is None:
            return None
        if invitation.expires_at <= now:  # after a long outage: a link that is dead helps nobody
            rows.filter(pk=invitation_id).update(next_attempt_at=None)
            return None
        owner = owner_of(invitation)
    begun = is_begun(owner)
    language, name = invitation.language, invitation.full_name
    if owner is not None and begun:
        language, name = owner.language, owner.full_name
    with translation.override(language), timezone.override(settings.DISPLAY_TIME_ZONE):
        message = invitation_message(invitation, begun=begun)
    delivery = send(compose(invitation.email, name, language, message))
    write_down([organisation_id], lambda: _settle(invitation, delivery, now))
    return delivery


@transaction.atomic
def _settle(invitation: Invitation, delivery: Delivery, now: datetime) -> None:
    # Unchanged since it was read: sent again meanwhile, it has a letter of its own to come.
    rows = Invitation.objects.filter(
        pk=invitation.pk, ended_at=None, next_attempt_at=invitation.next_attempt_at
    )
    if delivery.status is not DeliveryStatus.SENT:
        put_off(rows, invitation.attempts, delivery, now)
    elif rows.update(sent_at=now, next_attempt_at=None, answer=""):
        facts = {"name": invitation.full_name, "role": invitation.role}
        record(
            invitation.organisation_id,
            "invitation_sent",
            invitation,
            actor=Actor.platform(),
            now=now,
            **facts,
        )


def put_off(
    rows: "QuerySet[Invitation] | QuerySet[Correspondent]", tried: int, delivery: Delivery, now: datetime
) -> None:
    """Let a letter that asks somebody, and did not leave, wait: soon after an outage, longer after each refusal."""
    if delivery.status is DeliveryStatus.UNREACHABLE:
        rows.update(next_attempt_at=now + AFTER_OUTAGE)
        return
    again = now + PAUSES[tried] if tried < len(PAUSES) else None
    rows.update(attempts=tried + 1, next_attempt_at=again, answer=delivery.answer)


def invitation_message(invitation: Invitation, *, begun: bool) -> Message:
    """Return the letter, in the active language and time zone; `begun` says that the address can sign in."""
    role = Role(invitation.role)
    day = pgettext("a day, Django date format", "j F Y")
    facts: dict[str, object] = {
        "inviter": invitation.invited_by or "",
        "organisation": invitation.organisation,
        "role": ROLES[role],
        "explanation": ROLE_EXPLANATIONS[role],
        "day": date_format(timezone.localtime(invitation.expires_at), day),
    }
    return Message(
        subject=_("Invitation to work for %(organisation)s on ehportal") % facts,
        before=[*_who_and_as_what(invitation, facts), *_what_to_do(begun)],
        link=_("Look at the invitation"),
        address=link_of(invitation),
        after=[
            (
                _("You can accept until %(day)s. After that, ask %(inviter)s to send the invitation again.")
                if invitation.invited_by
                else _(
                    "You can accept until %(day)s. After that, ask the operator to send the invitation again."
                )
            )
            % facts,
            _("If you do not know this organisation, you need not do anything: nothing changes."),
        ],
    )


def _who_and_as_what(invitation: Invitation, facts: dict[str, object]) -> Sequence[str]:
    if invitation.invited_by is None:
        who = _(
            "%(organisation)s begins with ehportal, where eHealth certificates are kept, and you are invited."
        )
    else:
        who = _(
            "%(inviter)s invites you to work for %(organisation)s on ehportal, where its eHealth certificates are kept."
        )
    return [who % facts, _("Your role would be: %(role)s. %(explanation)s") % facts]


def _what_to_do(begun: bool) -> Sequence[str]:
    if begun:
        return [
            _("You have an account with this address. Sign in with it, and accept or decline on this page:")
        ]
    return [
        _(
            "Choose a password on this page. After that you set up a second step with an authenticator app on your "
            "telephone, so have it at hand:"
        )
    ]


LETTERS = Kind("invitations", Lane.NOTICES, Invitation, send_invitation, lease=timedelta(minutes=5))
"""The rows whose letters workers send."""
