"""Certificates of authorities, each kept once for the whole installation under its digest."""

import hashlib
from collections.abc import Sequence

from certificates.models import Issuer


def keep_issuers(ders: Sequence[bytes]) -> list[str]:
    """Keep authorities' certificates (DER) that lead to an anchor; return their fingerprints, in the same order.

    What an organisation uploaded and no anchor vouches for is not kept here: these rows are of no organisation.
    """
    fingerprints = [hashlib.sha256(der).hexdigest() for der in ders]
    known = set(Issuer.objects.filter(pk__in=fingerprints).values_list("pk", flat=True))
    # In the order of their keys, as all who lock several rows.
    missing = {pk: der for pk, der in sorted(zip(fingerprints, ders, strict=True)) if pk not in known}
    if missing:
        Issuer.objects.bulk_create(
            [Issuer(fingerprint=pk, der=der) for pk, der in missing.items()], ignore_conflicts=True
        )
    return fingerprints
