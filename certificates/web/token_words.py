"""The words for encryption tokens and their self tests."""

from django.utils.translation import gettext_lazy as _

from certificates.domain.tokens import TokenState
from certificates.models.job import JobKind
from organisations.web.words import Label, Text

TOKEN_STATES: dict[TokenState, Label] = {
    TokenState.STARTED: Label(_("Being registered"), "busy"),
    TokenState.WAITING: Label(_("Waits for activation"), "warn"),
    TokenState.ACTIVE: Label(_("In use"), "good"),
    TokenState.REPLACED: Label(_("Replaced by a newer one")),
}

FINDINGS: dict[str, Label] = {
    "ok": Label(_("Passed: messages can be opened"), "good"),
    "depot_empty": Label(_("The depot has no token"), "bad"),
    "other_token": Label(_("The depot hands out another token"), "warn"),
    "not_opened": Label(_("A message could not be opened"), "bad"),
    "token_invalid": Label(_("The token in the depot is not valid"), "bad"),
}

JOBS: dict[JobKind, Text] = {
    JobKind.MAKE_TOKEN: _("Make the token"),
    JobKind.ACTIVATE_TOKEN: _("Activate the token"),
    JobKind.CHECK_TOKEN: _("Test the token"),
}

ENDED = Label(_("Ended with the certificate"), "bad")
"""In whatever state: its certificate was revoked."""
