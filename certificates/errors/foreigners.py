"""Reasons why a request for a foreign care provider is refused. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class ForeignRequestRefused(DomainError):
    """A wish for a foreign care provider that cannot be turned into a request; `extra["field"]` names the culprit."""

    code = "foreign_request_refused"
    title = _("This request is not possible as it stands.")


class ForeignRequestInProgress(ForeignRequestRefused):
    """One for the same person and environment is on its way."""

    code = "foreign_request_in_progress"
    title = _("A request for this person is already on its way. Finish or cancel that one first.")


class ForeignCsrRefused(DomainError):
    """What was sent in is not the certification request that is awaited; the detail says why."""

    code = "foreign_csr_refused"
    title = _("This is not a certification request made for this preparation. Nothing was sent.")


class ForeignRequestElsewhere(DomainError):
    """The request is not where this step can be taken, or somebody was faster."""

    code = "foreign_request_elsewhere"
    title = _("This request has moved on meanwhile. Look at where it stands now.")
