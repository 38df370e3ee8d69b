"""Reasons why the government's own records are not asked for or not taken over. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from certificates.errors.signing import SignedRequestRefused
from organisations.errors import DomainError


class QuestionStale(SignedRequestRefused):
    """A signed question that was not made for this task: from before it, or from a clock that is wrong."""

    code = "question_stale"
    title = _(
        "This was signed at another time than this task. Nothing was asked; start again from the agent."
    )


class QuestionUsed(SignedRequestRefused):
    """A signed question that served another inquiry before."""

    code = "question_already_used"
    title = _("This signature served another task before. Nothing was asked; start again from the agent.")


class RecordsRefused(DomainError):
    """The government's records cannot be asked like this; `extra["field"]` names the culprit."""

    code = "records_refused"
    title = _("The government's records cannot be asked like this.")


class ProposalRefused(DomainError):
    """A proposal cannot be taken over."""

    code = "proposal_refused"
    title = _("This cannot be taken over.")
