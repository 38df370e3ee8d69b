"""Which software loads an organisation's key stores, and with it the format of each new one."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from agent.wire import software
from organisations.errors import SoftwareUnknown
from organisations.models import Organisation
from organisations.services.audit import Actor, record


@transaction.atomic
def choose_key_store_software(organisation: Organisation, code: str, *, actor: Actor, now: datetime) -> bool:
    """Keep the choice; returns whether it is another than before. Raises SoftwareUnknown.

    Key stores that are there stay as they are: a renewal keeps the format of the one it replaces.
    """
    if code not in software.CODES:
        raise SoftwareUnknown(_("Choose one of the kinds of software in the list."))
    changed = Organisation.objects.filter(pk=organisation.pk).exclude(key_store_software=code)
    if not changed.update(key_store_software=code):
        return False
    organisation.key_store_software = code
    record(
        organisation,
        "key_store_software_chosen",
        organisation,
        actor=actor,
        now=now,
        software=code,
        format=software.kind_of(code).store_format,
    )
    return True
