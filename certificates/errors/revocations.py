"""Reasons why a revocation is refused. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class RevocationRefused(DomainError):
    """A wish to revoke that cannot be carried out; `extra["field"]` names the culprit."""

    code = "revocation_refused"
    title = _("This revocation is not possible as it stands.")


class RevocationInProgress(RevocationRefused):
    """A revocation of this certificate is already on its way."""

    code = "revocation_in_progress"
    title = _("A revocation of this certificate is already on its way.")


class CertificateNotRevocable(RevocationRefused):
    """The certificate is revoked or has expired."""

    code = "certificate_not_revocable"
    title = _("This certificate is revoked already or has expired: there is nothing left to revoke.")
