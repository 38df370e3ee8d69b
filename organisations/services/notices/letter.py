"""The letter about several things: what burns first, then what ends first; of what can wait, the worst alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisations.models import Correspondent, Organisation, Reader, Reminder
from organisations.services.correspondents import STOP, path_to
from organisations.services.letters.mail import Letter, Note, Part
from organisations.services.notices.notice import Notice, Urgency

WORST = 5
"""So many of those that can wait are written out; the others are counted, and a link leads to them."""
A_MONTH = timedelta(days=30)
MOST_BURNING = 25
"""More things that burn are counted too."""


@dataclass(frozen=True)
class Told:
    """One notice as one reader is told it, and the row that keeps it."""

    organisation: Organisation
    notice: Notice
    row: Reminder
    note: Note
    reworded: bool
    """Whether the row says something else by now than what is kept of it."""
    view: str = ""
    """The path at which its reader finds it in a list, with all else of its letter that stands there."""

    @property
    def burns(self) -> bool:
        """True for what leaves at once."""
        return self.notice.urgency > Urgency.ROUTINE


def letter_of(reader: Reader, told: Sequence[Told]) -> Letter:
    """Return the letter that tells a reader what is `told`, in the active language, organisation by organisation."""
    ranked = sorted(told, key=_rank)
    burning = [one for one in ranked if one.burns]
    waiting = [one for one in ranked if not one.burns]
    shown = burning[:MOST_BURNING] + waiting[:WORST]
    parts: dict[Organisation, list[Note]] = {}
    for one in ranked:
        parts.setdefault(one.organisation, [])
    for one in shown:
        parts[one.organisation].append(one.note)
    left = dict.fromkeys(parts, 0)
    listed: dict[Organisation, list[str]] = {organisation: [] for organisation in parts}
    for one in burning[MOST_BURNING:] + waiting[WORST:]:
        if one.view:
            listed[one.organisation].append(one.view)
        else:
            left[one.organisation] += 1
    return Letter(
        _subject(ranked, len(parts)),
        [
            Part(
                organisation,
                notes,
                left[organisation],
                len(views := listed[organisation]),
                "".join(views[:1]),
            )
            for organisation, notes in parts.items()
        ],
        path_to(STOP, reader) if isinstance(reader, Correspondent) else "",
    )


def _rank(one: Told) -> tuple[int, datetime]:
    """What burns most first; then what ends first. What has no end of its own stands among what ends in a month."""
    ends = one.notice.ends_at or one.row.created_at + A_MONTH
    return (-one.notice.urgency, ends)


def _subject(ranked: Sequence[Told], organisations: int) -> str:
    facts: dict[str, object] = {
        "title": ranked[0].note.title,
        "more": len(ranked) - 1,
        "organisation": ranked[0].organisation,
        "others": organisations - 1,
    }
    if len(ranked) == 1:
        return _("%(title)s – %(organisation)s") % facts
    if organisations == 1:
        return _("%(title)s, and %(more)d more – %(organisation)s") % facts
    return (
        ngettext(
            "%(title)s, and %(more)d more – %(organisation)s and %(others)d other organisation",
            "%(title)s, and %(more)d more – %(organisation)s and %(others)d other organisations",
            organisations - 1,
        )
        % facts
    )
