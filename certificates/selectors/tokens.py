"""Questions about encryption tokens."""

from certificates.domain.tokens import TokenState
from certificates.domain.validity import RevocationStatus
from certificates.models import (
    EncryptionToken,
)
from organisations.models import Organisation


def waiting_tokens(organisation: Organisation, *, most: int | None = 6) -> list[EncryptionToken]:
    """Return the tokens that wait for their activation, the longest waiting first."""
    rows = EncryptionToken.objects.filter(organisation=organisation, state=TokenState.WAITING).exclude(
        certificate__revocation_status=RevocationStatus.REVOKED
    )
    rows = rows.select_related("certificate__owner").defer("sealed_etk")
    return list(rows.order_by("state_since", "id")[:most])
