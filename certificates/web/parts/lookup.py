"""Finding what an address names, in the current organisation only."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from certificates.models import Certificate
from organisations.web.tenancy import TenantRequest


def find_certificate(request: TenantRequest, certificate_id: UUID) -> Certificate:
    """Return a certificate of the current organisation, which knows whether it was `renewed`, or answer 404."""
    rows = Certificate.objects.filter(organisation=request.tenancy.organisation)
    rows = rows.select_related("request__holder", "request__job", "organisation", "owner")
    return get_object_or_404(rows, pk=certificate_id)


def is_own(request: TenantRequest, certificate: Certificate) -> bool:
    """True for who looks at the certificate in the own name."""
    owner = certificate.owner
    return owner is not None and owner.user_id == request.tenancy.user.pk
