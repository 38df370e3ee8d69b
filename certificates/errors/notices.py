"""Reasons why rules of notices are not kept. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class BadSteps(DomainError):
    """The days before the end are no list of days."""

    code = "bad_steps"
    title = _("Write whole days before the end, from 90 to 0, with commas between them: 90, 30, 7, 1, 0.")


class NobodyTold(DomainError):
    """By these rules nobody would hear of an end."""

    code = "nobody_told"
    title = _(
        "By these rules nobody for sure would be told. Choose the administrators, the holders or an address outside."
    )


class RulesExist(DomainError):
    """There are rules for the same certificates."""

    code = "rules_exist"
    title = _("There are rules for these certificates already. Change those.")


class RulesChanged(DomainError):
    """Somebody else changed them while this form was open."""

    code = "rules_changed"
    title = _(
        "Somebody changed these rules meanwhile. What stands there now is shown below; change it again if needed."
    )


class NoReason(DomainError):
    """A silence without a reason."""

    code = "no_reason"
    title = _("Write in a few words why nobody needs to hear of it.")


class BadLastDay(DomainError):
    """A silence that has ended already, or that would last too long."""

    code = "bad_last_day"
    title = _("Choose a last day from today on, and within a year.")
