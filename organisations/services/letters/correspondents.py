"""The one letter that asks an address outside whether it wants to be told."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from organisations.domain.work import Lane
from organisations.models import Correspondent
from organisations.services.correspondents import AGREE, path_to
from organisations.services.letters.invitations import put_off
from organisations.services.letters.mail import Delivery, DeliveryStatus, Message, compose, send
from organisations.services.work.deadlocks import write_down
from organisations.services.work.kinds import Kind
from organisations.tenancy import acting_for


def ask_correspondent(organisation_id: UUID, correspondent_id: UUID, *, now: datetime) -> Delivery | None:
    """Send one claimed letter; None when the address was taken away meanwhile. Call outside transactions."""
    with acting_for([organisation_id], as_platform=True):
        rows = Correspondent.objects.select_related("organisation", "added_by")
        asked = rows.filter(
            pk=correspondent_id, ended_at=None, agreed_at=None, next_attempt_at__isnull=False
        ).first()
    if asked is None:
        return None
    with translation.override(asked.language):
        message = _message(asked)
    delivery = send(compose(asked.email, asked.name, asked.language, message))
    write_down([organisation_id], lambda: _settle(asked, delivery, now))
    return delivery


def _message(asked: Correspondent) -> Message:
    facts = {"member": asked.added_by, "organisation": asked.organisation}
    return Message(
        subject=_("%(organisation)s would like to keep you informed") % facts,
        before=[
            _(
                "%(member)s of %(organisation)s wrote down this address, so that you hear in time when its eHealth "
                "certificates end."
            )
            % facts,
            _("Nothing is sent before you agree on this page:"),
        ],
        link=_("Agree"),
        address=f"{settings.ORIGIN}{path_to(AGREE, asked)}",
        after=[_("If you do not know this organisation, you need not do anything: nothing is sent.")],
    )


@transaction.atomic
def _settle(asked: Correspondent, delivery: Delivery, now: datetime) -> None:
    rows = Correspondent.objects.filter(
        pk=asked.pk, ended_at=None, agreed_at=None, next_attempt_at=asked.next_attempt_at
    )
    if delivery.status is DeliveryStatus.SENT:
        rows.update(asked_at=now, next_attempt_at=None, answer="")
    else:
        put_off(rows, asked.attempts, delivery, now)


CORRESPONDENTS = Kind(
    "correspondents", Lane.NOTICES, Correspondent, ask_correspondent, lease=timedelta(minutes=5)
)
"""The rows whose letters workers send."""
