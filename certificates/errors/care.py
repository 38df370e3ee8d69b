"""Reasons why something is not written beside a certificate, or not told as somebody wished. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class NoTag(DomainError):
    """A tag is empty or too long."""

    code = "no_tag"
    title = _("A tag has one to forty characters. Choose a shorter word.")


class NotAMember(DomainError):
    """Somebody who is no member cannot answer for a certificate."""

    code = "not_a_member"
    title = _("This person is no member of the organisation any more. Choose somebody else.")


class NoteEmpty(DomainError):
    """A note without words."""

    code = "note_empty"
    title = _("The note is empty. Write what whoever comes later should know.")


class NoteTooLong(DomainError):
    """A note with too many characters."""

    code = "note_too_long"
    title = _("A note has two thousand characters at most. Shorten it, or write a second one.")


class NoName(DomainError):
    """A view without a name, or with one that is too long."""

    code = "no_name"
    title = _("Give the view a name of at most sixty characters.")


class ViewExists(DomainError):
    """Another view has the name."""

    code = "view_exists"
    title = _("There is a view of this name already. Choose another name, or remove the old one first.")


class TooManyViews(DomainError):
    """An organisation keeps as many views as it may."""

    code = "too_many_views"
    title = _("There are a hundred views already. Remove one that nobody uses.")


class NothingChosen(DomainError):
    """Something is to be done with several certificates, and none was chosen."""

    code = "nothing_chosen"
    title = _("No certificate was chosen. Tick those that are meant.")


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
