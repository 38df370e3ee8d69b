"""Ways on from a page: a link with its words, and those that several subjects offer."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.revocation import RevocationReason
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate


@dataclass(frozen=True)
class Button:
    """A way on: a link with its words; `danger` where it leads to what cannot be undone."""

    address: str
    text: str
    danger: bool = False


def ways_when_lost(certificate: Certificate) -> tuple[Button, ...]:
    """Return what can be done once nobody can open the key store: revoke, then request anew, in that order."""
    ways = []
    if certificate.revocation_status != RevocationStatus.REVOKED:
        address = reverse("certificate-revoke", args=[certificate.pk])
        ways.append(
            Button(
                f"{address}?reason={RevocationReason.SUPERSEDED}",
                _("Revoke the old certificate"),
                danger=True,
            )
        )
    return (*ways, Button(new_request_like(certificate.pk), _("Request a new one")))


def new_request_like(key: UUID) -> str:
    """Return the address of the form for a new certificate, filled in from an old one or from a request."""
    return f"{reverse('request-new')}?{urlencode({'like': key})}"
