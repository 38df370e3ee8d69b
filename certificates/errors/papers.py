"""Reasons why a paper is not drawn up, moved on or kept. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class PaperRefused(DomainError):
    """A paper cannot be drawn up from this; `extra["field"]` names the culprit."""

    code = "paper_refused"
    title = _("This paper cannot be drawn up as it stands.")


class PaperCannotMove(DomainError):
    """The paper is further than this, or somebody was faster."""

    code = "paper_cannot_move"
    title = _("This paper has moved on meanwhile. Look at where it stands now.")


class CopyRefused(DomainError):
    """What was uploaded is not a PDF of a sensible size."""

    code = "copy_refused"
    title = _("The signed copy must be one PDF file of at most 5 MB. Scan it as PDF and try again.")
