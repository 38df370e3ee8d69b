"""Noting that a paper was sent, accepted or has come to its end."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from certificates.domain.papers import MOVES, PaperState
from certificates.errors.papers import PaperCannotMove, PaperRefused
from certificates.models import Paper
from organisations.domain.mandates import belgian_day
from organisations.services.audit import Actor, record

DAYS = {
    PaperState.SENT: "sent_on",
    PaperState.ACCEPTED: "accepted_on",
    PaperState.ENDED: "ended_on",
}


@transaction.atomic
def move_paper(paper: Paper, to: PaperState, *, on: date, actor: Actor, now: datetime) -> None:
    """Note that `paper` came to `to` on the day `on`.

    Raises PaperRefused for a day that cannot be, PaperCannotMove when it is further already.
    """
    noted = [day for day in (paper.sent_on, paper.accepted_on) if day is not None]
    if not max([belgian_day(paper.drafted_at), *noted]) <= on <= belgian_day(now):
        raise PaperRefused(
            _("Give a day between the last one that is noted for this paper and today."), field="on"
        )
    old = PaperState(paper.state)
    if to not in MOVES[old]:
        raise PaperCannotMove
    values = {"state": to, DAYS[to]: on}
    if not Paper.objects.filter(pk=paper.pk, state=old).update(**values):
        raise PaperCannotMove
    record(
        paper.organisation_id,
        f"paper_{to.value}",
        paper,
        actor=actor,
        now=now,
        name=paper.subject,
        day=on.isoformat(),
    )
    for name, value in values.items():
        setattr(paper, name, value)
