"""When what a list trusts ends: read once from each version, since a version never changes."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography import x509

from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.trusted import ServiceKind
from certificates.models import ListVersion
from certificates.services.trusted.platform import is_authority
from certificates.services.trusted.take_up import is_trusted
from certificates.trust.lists.reading import read_list
from certificates.trust.stores.names import subject_of


@lru_cache(maxsize=16)
def ends_in(version_id: UUID) -> Sequence[tuple[str, datetime]]:
    """Return name and end of each authority and operator that a version trusts, whatever has ended included.

    Of which the list holds several certificates, that one ends with the last of them. What the platform itself serves
    and stamps with stands among its own certificates.
    """
    signed = ListVersion.objects.values_list("signed", flat=True).get(pk=version_id)
    last: dict[str, tuple[str, datetime]] = {}
    for service in read_list(bytes(signed)).services:
        for der in service.certificates if is_trusted(service.current.status) else ():
            try:
                subject, ends = subject_of(der), x509.load_der_x509_certificate(der).not_valid_after_utc
                above = is_authority(der) or service.kind is ServiceKind.OPERATOR
            except UNREADABLE:
                continue
            if not above:
                continue
            if subject not in last or last[subject][1] < ends:
                last[subject] = (service.name, ends)
    return tuple(last.values())
