"""Reasons why a request for a certificate cannot be made, stopped or taken up again. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class RequestRefused(DomainError):
    """A wish for a certificate that cannot be turned into a request; `extra["field"]` names the culprit."""

    code = "request_refused"
    title = _("This request is not possible as it stands.")


class HolderWithoutMandate(RequestRefused):
    """The chosen holder has no mandate for this identifier today."""

    code = "holder_without_mandate"
    title = _(
        "This person has no mandate for this number today. Register the mandate first, or choose someone else."
    )


class RequestInProgress(RequestRefused):
    """A request for the same name is already on its way."""

    code = "request_in_progress"
    title = _(
        "A request for the same certificate name is already on its way. Finish or cancel that one first."
    )


class NameActive(RequestRefused):
    """A certificate with this name is active; `extra` names it, and from when it can be renewed."""

    code = "name_active"
    title = _("A certificate with this name is active. A second one is only given as its renewal.")


class CannotCancel(DomainError):
    """The request was signed or is over."""

    code = "cannot_cancel"
    title = _("This request was already signed or is over; it can no longer be cancelled here.")


class CannotAskAgain(DomainError):
    """The platform has not given up on this request."""

    code = "cannot_ask_again"
    title = _("The platform is still asking by itself; there is nothing to start again.")
