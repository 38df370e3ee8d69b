"""Words that reminders share."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agent.wire.days import belgian_day
from certificates.domain.lifecycle import Environment


def name_of(thing: object, environment: str) -> str:
    """Return the name of a thing, marked where it belongs to the acceptance environment."""
    if environment != Environment.ACCEPTANCE:
        return str(thing)
    return _("%(name)s (acceptance environment)") % {"name": thing}


def day_of(moment: date | datetime) -> str:
    """Return a day as people in Belgium name and write it."""
    day = belgian_day(moment) if isinstance(moment, datetime) else moment
    return date_format(day, pgettext("a day, Django date format", "j F Y"))
