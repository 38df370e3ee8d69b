"""The words of a calendar: what each day is called, what to do, and where."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.domain.watch.calendar import MANUAL_CHECK, Occasion
from certificates.selectors.calendar import Entry
from certificates.services.notices.words import name_of


def title_of(entry: Entry) -> str:
    """Return what stands in the calendar for an entry, in the active language."""
    return name_of(_title(entry), entry.environment)


def _title(entry: Entry) -> str:
    facts = {"name": entry.name, "count": entry.number}
    match entry.occasion, bool(entry.name) and entry.number == 1, bool(entry.name):
        case Occasion.WINDOW, True, _any:
            return _("%(name)s can be renewed from today on") % facts
        case Occasion.WINDOW, _one, True:
            return ngettext(
                "%(count)s certificate can be renewed from today on: %(name)s",
                "%(count)s certificates can be renewed from today on: %(name)s",
                entry.number,
            ) % facts  # fmt: skip
        case Occasion.WINDOW, _one, _any:
            return ngettext(
                "%(count)s certificate can be renewed from today on",
                "%(count)s certificates can be renewed from today on",
                entry.number,
            ) % facts  # fmt: skip
        case Occasion.LAST_SAFE, True, _any:
            return _("Last safe day to renew %(name)s") % facts
        case Occasion.LAST_SAFE, _one, True:
            return ngettext(
                "Last safe day to renew %(count)s certificate: %(name)s",
                "Last safe day to renew %(count)s certificates: %(name)s",
                entry.number,
            ) % facts  # fmt: skip
        case Occasion.LAST_SAFE, _one, _any:
            return ngettext(
                "Last safe day to renew %(count)s certificate",
                "Last safe day to renew %(count)s certificates",
                entry.number,
            ) % facts  # fmt: skip
        case Occasion.END, True, _any:
            return _("%(name)s ends") % facts
        case Occasion.END, _one, True:
            return ngettext(
                "%(count)s certificate ends: %(name)s", "%(count)s certificates end: %(name)s", entry.number
            ) % facts  # fmt: skip
        case Occasion.END, _one, _any:
            return ngettext("%(count)s certificate ends", "%(count)s certificates end", entry.number) % facts
        case Occasion.MANDATE, _one, _any:
            return _("Mandate ends: %(name)s") % facts
        case Occasion.PAPER, _one, _any:
            return _("Paper ends: %(name)s") % facts
        case _other:
            return _("Last day to confirm the identity: %(name)s") % facts


def explained(occasion: Occasion) -> str:
    """Return what a day means and what is to be done."""
    match occasion:
        case Occasion.WINDOW:
            return _("The government renews from this day on. Ask for the renewal, and the holder signs it.")
        case Occasion.LAST_SAFE:
            return _(
                "A request that somebody checks by hand takes up to ten days. Asked for later, the new certificate may "
                "come after the end of the old one."
            )
        case Occasion.END:
            return _("After this day what uses it stops, and it can no longer be renewed.")
        case Occasion.MANDATE:
            return _(
                "After this day this person can no longer sign for the number. Register a new mandate in time."
            )
        case Occasion.PAPER:
            return _("Draw up a new one in time if it must go on.")
        case _deadline:
            return _("After this day the request ends and has to be made again.")


def path_of(entry: Entry) -> str:
    """Return the page on which an entry is dealt with."""
    if entry.occasion is Occasion.MANDATE:
        return reverse("organisation")
    if entry.occasion is Occasion.PAPER:
        return reverse("paper", args=[entry.key])
    if entry.occasion is Occasion.DEADLINE:
        return reverse("foreign", args=[entry.key])
    if entry.key is not None:
        return reverse("certificate", args=[entry.key])
    day = entry.day + (MANUAL_CHECK if entry.occasion is Occasion.LAST_SAFE else timedelta(0))
    word = "opens" if entry.occasion is Occasion.WINDOW else "ends"
    asked = {
        f"{word}_from": day.isoformat(),
        f"{word}_until": day.isoformat(),
        "environment": entry.environment,
    }
    return f"{reverse('inventory')}?{urlencode(asked)}"


def address_of(entry: Entry) -> str:
    """Return the whole address of that page, in the entry's organisation."""
    path = path_of(entry)
    return f"{settings.ORIGIN}{path}{'&' if '?' in path else '?'}{urlencode({'organisation': entry.organisation})}"
