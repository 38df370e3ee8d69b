"""Certificates as the API shows them: stable codes and moments, no sentence in any language."""

from datetime import datetime
from typing import Any
from uuid import UUID

from certificates.models import Carer, Caring, Certificate, CertificateRequest, Tag
from certificates.selectors.installations import installations_of
from certificates.selectors.inventory import neighbours
from organisations.models import User


def shown_in_list(rows: list[Certificate], now: datetime) -> list[dict[str, Any]]:
    """Return certificates as lists show them; two queries more for what is written beside them all."""
    ids = [one.pk for one in rows]
    tags: dict[UUID, list[str]] = {}
    owners: dict[UUID, User] = {}
    if ids:
        pairs = Tag.objects.filter(certificate__in=ids)
        for key, text in pairs.order_by("text").values_list("certificate_id", "text"):
            tags.setdefault(key, []).append(text)
        carers = Carer.objects.filter(certificate__in=ids, caring=Caring.OWNER).select_related("user")
        owners = {one.certificate_id: one.user for one in carers}
    return [_line(one, tags.get(one.pk, []), owners.get(one.pk), now) for one in rows]


def _line(one: Certificate, tags: list[str], owner: User | None, now: datetime) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.common_name,
        "holder": one.holder_name,
        "environment": one.environment,
        "number": {"type": one.identifier_type, "value": one.identifier_value}
        if one.identifier_type
        else None,
        "application_id": one.application_id,
        "standing": one.standing(now).value,
        "days_left": one.days_left,
        "not_before": one.not_before,
        "not_after": one.not_after,
        "renewable_from": one.renewable_from,
        "serial": one.serial,
        "sha256": one.fingerprint,
        "tags": tags,
        "owner": {"name": owner.full_name, "email": owner.email} if owner else None,
    }


def whole(one: Certificate, now: datetime) -> dict[str, Any]:
    """Return everything about one certificate."""
    predecessor, successor = neighbours(one)
    request = CertificateRequest.objects.filter(certificate=one).values_list("pk", flat=True).first()
    return shown_in_list([one], now)[0] | {
        "subject": one.subject,
        "issuer": one.issuer,
        "key": one.key_algorithm,
        "revocation": one.revocation_status,
        "revoked_at": one.revoked_at,
        "revocation_reason": one.revocation_reason,
        "source": one.source,
        "request": request,
        "predecessor": predecessor.pk if predecessor else None,
        "successor": successor.pk if successor else None,
        "installations": [
            {"machine": place.machine, "path": place.path, "last_seen_at": place.last_seen_at}
            for place in installations_of(one)
            if place.gone_at is None
        ],
        "notes": [
            {
                "text": note.text,
                "written_by": note.through or note.written_by.full_name,
                "written_at": note.written_at,
            }
            for note in one.notes.select_related("written_by")
        ],
    }
