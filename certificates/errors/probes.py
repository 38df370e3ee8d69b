"""Reasons why what is expected of the government's services is not kept. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class MaintenanceRefused(DomainError):
    """A time that cannot be one of maintenance."""

    code = "maintenance_refused"
    title = _("Give an end after the beginning, within seven days of it, that has not passed.")


class TargetsRefused(DomainError):
    """A share or a time that cannot be, or a week without hours."""

    code = "targets_refused"
    title = _(
        "Give a share of at most 100 percent, at most 60000 milliseconds, and hours of at least one day, the first "
        "before the last."
    )
