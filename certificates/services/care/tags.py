"""Tags: one word or a few by which an organisation groups its certificates."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from certificates.errors.care import NoTag
from certificates.models import Certificate, Tag
from certificates.models.listing.care import MAX_TAG
from organisations.domain.identifiers import mask_ssins
from organisations.services.audit import Actor, event, record_all


def tag_text(given: str) -> str:
    """Return a tag as it is kept: lower case, single spaces, no national number. Raises NoTag."""
    text = mask_ssins(re.sub(r"[\s\0]+", " ", given).strip().lower())
    if not text or len(text) > MAX_TAG:
        raise NoTag(most=MAX_TAG, field="tag")
    return text


@transaction.atomic
def add_tag(certificates: Sequence[Certificate], given: str, *, actor: Actor, now: datetime) -> int:
    """Give the certificates a tag; returns how many had it not. Raises NoTag."""
    text = tag_text(given)
    rows = _in_order(certificates)
    had = set(Tag.objects.filter(certificate__in=rows, text=text).values_list("certificate_id", flat=True))
    missing = [one for one in rows if one.pk not in had]
    Tag.objects.bulk_create(
        [Tag(organisation_id=one.organisation_id, certificate=one, text=text) for one in missing],
        ignore_conflicts=True,
    )
    _record("certificate_tagged", missing, text, actor, now)
    return len(missing)


@transaction.atomic
def remove_tag(certificates: Sequence[Certificate], given: str, *, actor: Actor, now: datetime) -> int:
    """Take a tag from the certificates; returns how many had it. Raises NoTag."""
    text = tag_text(given)
    rows = _in_order(certificates)
    tags = Tag.objects.select_for_update().filter(certificate__in=rows, text=text).order_by("certificate_id")
    had = {tag.certificate_id for tag in tags}
    Tag.objects.filter(certificate__in=had, text=text).delete()
    _record("certificate_untagged", [one for one in rows if one.pk in had], text, actor, now)
    return len(had)


def _in_order(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Everybody writes beside several certificates in one order: nobody waits for a neighbour who waits for them."""
    return sorted(certificates, key=lambda one: one.pk)


def _record(action: str, certificates: Sequence[Certificate], text: str, actor: Actor, now: datetime) -> None:
    record_all(
        event(one.organisation_id, action, one, actor=actor, now=now, name=one.common_name, tag=text)
        for one in certificates
    )
