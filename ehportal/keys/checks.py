"""The system check that no key is missing which something in the database needs."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Critical, Tags, register
from django.db import ProgrammingError

from ehportal.keys.standing import INDEXING, Standing, standings

MISSING = "ehportal.E036"
"""Keeps a process from starting; one that serves already goes on, and says so at /readyz."""


@register(Tags.database)
def keys_are_there(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """Every key is there under which something stands, or LOST_KEYS names it."""
    if "default" not in (databases or ()):
        return []
    try:
        found = standings()
    except ProgrammingError:
        return []  # tables of another release: /readyz and `prepare` say so
    return [Critical(_sentence(one), hint=_hint(one), id=MISSING) for one in found if one.missing]


def _sentence(key: Standing) -> str:
    return (
        f"{key.setting} does not hold key {key.id}, under which something stands in {', '.join(key.places)}: "
        + ("nobody would be found by it." if key.setting == INDEXING else "it could not be read.")
    )


def _hint(key: Standing) -> str:
    if key.setting == INDEXING:
        return "Put the key back behind the others, or run: manage.py reseal (it writes the indexes anew)."
    return f"Put the key back behind the others. Where it is gone for good, name it: LOST_KEYS={key.id}"
