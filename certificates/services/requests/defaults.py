"""What an organisation's requests start from where nothing else is known: contact data and basic services."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from certificates.models.request import CONTACT_FIELDS
from certificates.services.requests.start import BASE_SERVICES, LONGEST
from organisations.models import Organisation
from organisations.services.audit import Actor, record


@transaction.atomic
def keep_contact_defaults(
    organisation: Organisation,
    contact: Mapping[str, str],
    services: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Keep what new requests and renewals are filled in with; returns whether anything is another than before.

    Requests that were made keep theirs. `contact` holds the fields of CONTACT_FIELDS, `services` codes of
    BASE_SERVICES; what is neither is not kept.
    """
    kept: dict[str, object] = {
        name: " ".join(contact.get(name, "").split())[: LONGEST[name]] for name in CONTACT_FIELDS
    }
    kept["base_service_usages"] = [code for code in BASE_SERVICES if code in services]
    given = {name: value for name, value in kept.items() if value}
    if (
        not Organisation.objects.filter(pk=organisation.pk)
        .exclude(contact_defaults=given)
        .update(contact_defaults=given)
    ):
        return False
    record(organisation, "contact_defaults_kept", organisation, actor=actor, now=now, field=sorted(given))
    return True
