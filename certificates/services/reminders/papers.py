"""Papers in use whose period ends."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from agent.wire.days import days_left
from certificates.domain.papers import PaperState
from certificates.models import Paper
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of
from certificates.services.reminders.ending import Ending
from organisations.domain.mandates import belgian_day
from organisations.models import Organisation, Reader
from organisations.services.letters.mail import Note


def ending_papers(
    organisation: Organisation, readers: Readers, now: datetime, within: timedelta
) -> Iterator[Ending]:
    """Find the papers in use whose last day comes within a time."""
    today = belgian_day(now)
    rows = Paper.objects.filter(
        organisation=organisation, ends_on__gte=today, ends_on__lte=today + within
    ).exclude(state=PaperState.ENDED)
    for paper in rows.without_documents().order_by("ends_on", "pk"):
        if paper.ends_on is not None:
            ends_at = now + timedelta(days=days_left(paper.ends_on, now))
            yield Ending("paper", paper, ends_at, _ending(paper, paper.ends_on))


def _ending(paper: Paper, last: date) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The paper “%(paper)s” ends on %(day)s") % {"paper": paper, "day": day_of(last)},
        _("Draw up a new one in time if it must go on; its page shows what stands in it:"),
        reverse("paper", args=[paper.pk]),
    )
