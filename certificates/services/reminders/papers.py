"""Reminders about papers whose period ends."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from agent.wire.days import days_left
from certificates.domain.reminders import PAPER_STEPS, step_before
from certificates.models import Paper
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of
from organisations.domain.mandates import belgian_day
from organisations.models import Organisation, Reader
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice


def ending_papers(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the papers in use whose last day is near, for the administrators."""
    today = belgian_day(now)
    rows = Paper.objects.filter(organisation=organisation).ending_soon(today).without_documents()
    for paper in rows.order_by("ends_on", "pk"):
        if paper.ends_on is None:
            continue
        step = step_before(PAPER_STEPS, days_left(paper.ends_on, now)) or PAPER_STEPS[0]
        yield Notice("paper", step, paper, readers.administrators, _ending(paper, paper.ends_on))


def _ending(paper: Paper, last: date) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The paper “%(paper)s” ends on %(day)s") % {"paper": paper, "day": day_of(last)},
        _("Draw up a new one in time if it must go on; its page shows what stands in it:"),
        reverse("paper", args=[paper.pk]),
    )
