"""The template filter that writes a day, for every page: an end that stands for none is written as that."""

from datetime import date as day
from datetime import datetime

from django import template
from django.template.defaultfilters import date as written
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from agent.wire.pki.moments import has_no_end, within

register = template.Library()


@register.filter("date")
def date(value: "datetime | day | str | None", form: str | None = None) -> object:
    """Write a moment in Belgian time as Django's own filter does; one without end is "no end", but for programs.

    The conversion is made here: Django's would be made before, and fails for the last day that a certificate can name.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        if has_no_end(within(value)) and form != "c":
            return _("no end")
        value = localtime(within(value))
    return written(value, form)
