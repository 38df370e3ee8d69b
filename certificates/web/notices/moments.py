"""Moments that forms carry, so that who changes something second is told so."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def moment_in(text: str) -> datetime:
    """Return the moment that a form carries; one that never was where it is not one."""
    try:
        return parse_datetime(text) or datetime.min.replace(tzinfo=timezone.get_default_timezone())
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.get_default_timezone())
