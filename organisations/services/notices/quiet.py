"""The hours of the night in which nothing leaves that can wait."""

from datetime import datetime

from django.db import transaction

from organisations.models import Organisation
from organisations.services.audit import Actor, record


@transaction.atomic
def keep_quiet_hours(
    organisation: Organisation, begin: int | None, end: int | None, *, actor: Actor, now: datetime
) -> None:
    """Let nothing leave that can wait from the Belgian hour `begin` until `end`; None for no quiet hours."""
    none = begin is None or end is None or begin == end
    begin, end = (None, None) if none else (begin, end)
    rows = Organisation.objects.filter(pk=organisation.pk).exclude(quiet_from=begin, quiet_until=end)
    if rows.update(quiet_from=begin, quiet_until=end):
        facts = {} if none else {"hours": f"{begin}:00–{end}:00"}
        record(organisation, "quiet_hours_kept", organisation, actor=actor, now=now, **facts)
