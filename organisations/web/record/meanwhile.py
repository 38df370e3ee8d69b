"""What somebody else did since a page was shown: the later one is told, and nothing of theirs is overwritten.

Every form that changes what is there already takes its row from `hold`. The row is locked, so that of two who send at
once the later one sees what the first has written.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from organisations.errors import ChangedMeanwhile
from organisations.models import AuditEvent
from organisations.web.record.lines import line_of

SEEN = "seen"
"""The hidden field in which a form sends back how the row stood when its page was shown."""
LOOKS = ("ssin_viewed", "paper_read")
"""Events that leave a row as it is."""

Row = TypeVar("Row", bound=Model)


def hold(
    request: HttpRequest,
    rows: "QuerySet[Row]",
    key: UUID,
    *,
    still: Callable[[Row], bool] = lambda _row: True,
    stands: Callable[[Row], object] | None = None,
    done: tuple[str, ...] = (),
) -> Row:
    """Return the row of `rows` with this key, locked until the answer is written.

    `still` says whether it is as it must be for what is asked; `stands` returns what the form sent as `seen`. `done`
    are the events that are told (codes of the record), all but looks where none is named. Raises ChangedMeanwhile with
    what changed, also for a row that was there and is gone; 404 for one that never was.
    """
    row = rows.select_for_update(of=("self",)).filter(pk=key).first()
    if row is None:
        if last_event(key, *done) is None:
            raise Http404
        raise changed(key, *done)
    seen = request.POST.get(SEEN)
    if not still(row) or (stands is not None and seen is not None and seen != str(stands(row))):
        raise changed(key, *done)
    return row


def last_event(key: UUID, *done: str) -> AuditEvent | None:
    """Return the newest event about the row with this key that changed it; None where the record knows of none."""
    events = AuditEvent.objects.filter(subject_id=key).defer("content", "leaf_hash")
    events = events.filter(action__in=done) if done else events.exclude(action__in=LOOKS)
    return events.order_by("-happened_at", "-id").first()


def told(key: UUID, *done: str) -> str:
    """Return who did what with a row last, and when, as a sentence; empty where the record does not know."""
    event = last_event(key, *done)
    if event is None:
        return ""
    line = line_of(event)
    facts = "; ".join(f"{name}: {value}" for name, value in line.facts)
    return _("%(moment)s, %(who)s: %(what)s.") % {
        "moment": date_format(localtime(line.at), pgettext("a moment, Django date format", "j M Y, H:i")),
        "who": line.who,
        "what": f"{line.what} ({facts})" if facts else line.what,
    }


def changed(key: UUID, *done: str) -> ChangedMeanwhile:
    """Return the refusal of what was sent from a page that no longer holds, with what happened since."""
    happened = told(key, *done)
    return ChangedMeanwhile(f"{ChangedMeanwhile.title} {happened}".strip())
