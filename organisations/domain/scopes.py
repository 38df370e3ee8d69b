"""What a connection may do: the scopes of the API, as they stand in a token (RFC 6749 3.3)."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """One thing that a connection is allowed; the values are stable and stand in tokens."""

    SEE_CERTIFICATES = "certificates.read"
    CARE = "certificates.care"
    """Tags, notes, and who answers for a certificate."""
    SEE_REQUESTS = "requests.read"
    ASK_RENEWALS = "renewals.ask"
    SEE_PEOPLE = "people.read"
    SEE_NUMBERS = "numbers.read"
    """National numbers in full; each look stands in the record."""
    SEE_RECORD = "record.read"


def scopes_in(values: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes that are known among `values`: what a later release has called otherwise allows nothing."""
    known = {one.value for one in Scope}
    return frozenset(Scope(value) for value in values if value in known)
