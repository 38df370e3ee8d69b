"""Reasons why an encryption token is not made, found, activated or proven. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from certificates.errors.signing import SignedRequestRefused
from organisations.errors import DomainError


class WrongCertificate(SignedRequestRefused):
    """Signed with the key of another eHealth certificate."""

    code = "wrong_certificate"
    title = _(
        "This was signed with the key of another certificate. Nothing was sent; use the right key store."
    )


class TokenUnknown(DomainError):
    """No encryption token was started for this certificate, or another one is meant."""

    code = "token_unknown"
    title = _("No encryption token is being registered for this certificate. Start again from the agent.")


class TokenRefused(DomainError):
    """A token is not in the state that is needed, or what the government gave is no good token."""

    code = "token_refused"
    title = _(
        "The encryption token cannot be used for this. Look at the certificate's page for where it stands."
    )


class TokenNotFound(DomainError):
    """The depot hands out no token of this certificate."""

    code = "token_not_found"
    title = _("The depot has no encryption token of this certificate. It can be made with its key store.")


class ProofMalformed(DomainError):
    """A continuity proof that no agent makes."""

    code = "proof_malformed"
    title = _("The outcome of the self test cannot be read. Update the agent and try again.")
