"""Reasons why a certificate cannot be renewed, or its switch not be confirmed. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from certificates.errors.requests import RequestRefused
from organisations.errors import DomainError


class RenewalRefused(RequestRefused):
    """This certificate cannot be renewed now; `extra["outcome"]` is the code of domain.renewal.RenewalOutcome."""

    code = "renewal_refused"
    title = _("This certificate cannot be renewed now. Its page says what to do instead.")


class RenewalIncomplete(RequestRefused):
    """Something that a renewal needs is not known; `extra["field"]` names it."""

    code = "renewal_incomplete"
    title = _("Not everything that the renewal needs is known. Fill in what is missing.")


class CannotConfirmSwitch(DomainError):
    """The switch to the new certificate is not done; `extra["open"]` holds the codes of what is open."""

    code = "cannot_confirm_switch"
    title = _("The switch cannot be confirmed yet: something still needs the old certificate.")
