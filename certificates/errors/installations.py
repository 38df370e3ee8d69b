"""Reasons why a report of installations, or accepting one, is refused. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class CannotAccept(DomainError):
    """Leaving an installation behind needs a reason, and an installation that is still there."""

    code = "cannot_accept"
    title = _("Say why this installation of the old certificate may stay as it is.")


class ReportMalformed(DomainError):
    """What a workstation reported cannot be read."""

    code = "report_malformed"
    title = _("The report of this workstation cannot be read. Nothing was taken over; update the agent.")
