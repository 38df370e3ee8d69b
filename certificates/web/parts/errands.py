"""A page that waits for a worker's call outside: which errand it is, by an id in its address."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest

ASKED = "asked"


def waited_for(request: HttpRequest) -> UUID | None:
    """Return the errand that an address names, None where it names none."""
    try:
        return UUID(request.GET.get(ASKED, ""))
    except ValueError:
        return None


def waiting(address: str, errand: UUID) -> str:
    """Return `address` as one that waits for `errand`."""
    return f"{address}?{urlencode({ASKED: errand})}"
