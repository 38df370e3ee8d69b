"""Reasons why a list of references is not read, or not set. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError

REASONS = {
    "not_text": _("This is no text file. Save the table as CSV."),
    "empty": _("There is no line in this file."),
    "no_head": _(
        "The first line must name the columns, and none of them names a certificate. Take the empty table from this"
        " page."
    ),
    "too_many": _("This file has more lines than are looked through at once. Split it."),
    "too_long": _("Line %(line)d is longer than any reference. Correct it and send the file again."),
    "broken": _(
        "From line %(line)d on the file cannot be read: a quotation mark is opened there and not closed."
    ),
    "too_large": _("This file is too large. Split it."),
}


class TableRefused(DomainError):
    """A file is no table of references, or too much of one."""

    code = "table_refused"
    title = _("This file cannot be read as a table.")

    def __init__(self, reason: str, *, line: int = 0) -> None:
        super().__init__(str(REASONS[reason]) % {"line": line}, field="file")


class NotAsShown(DomainError):
    """Something else would be set by now than what the page showed."""

    code = "not_as_shown"
    title = _("Something changed meanwhile, so nothing was set. Look at the list once more.")
