"""Links in letters that hold without signing in: they name one row, under a signature that nobody else can make.

What they lead to changes nothing by being opened: programs that read mail follow links.
"""

from datetime import timedelta
from uuid import UUID

from django.core import signing

HOLDS = timedelta(days=400)
"""How long a link can be used; what it leads to may end sooner."""


def sealed(purpose: str, organisation_id: UUID, row_id: UUID) -> str:
    """Return the part of an address that names a row of an organisation, for one purpose alone."""
    return signing.dumps([organisation_id.hex, row_id.hex], salt=f"ehportal.{purpose}")


def opened(purpose: str, token: str) -> tuple[UUID, UUID] | None:
    """Return the organisation and the row that a link names; None where it is not ours, or too old."""
    try:
        organisation, row = signing.loads(token, salt=f"ehportal.{purpose}", max_age=HOLDS)
        return UUID(organisation), UUID(row)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
