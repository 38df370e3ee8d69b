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
    "replaced": Label(_("Replaced: the depot hands out the newer certificate's token")),
    "key_missing": Label(_("The key of the depot's token is not in this key store"), "bad"),
    "not_opened": Label(_("A message could not be opened"), "bad"),
    "token_invalid": Label(_("The token in the depot is not valid"), "bad"),
}

JOBS: dict[JobKind, Text] = {
    JobKind.MAKE_TOKEN: _("Make the token"),
    JobKind.ACTIVATE_TOKEN: _("Activate the token"),
    JobKind.CHECK_TOKEN: _("Test the token"),
}


def finding_words(finding: str, state: str) -> Label:
    """Return the words for what a self test found; the token of a replaced certificate no longer is the depot's."""
    if finding == "other_token" and state == TokenState.REPLACED:
        finding = "replaced"  # as agents told it that knew one word for both
    return FINDINGS[finding]


ENDED = Label(_("Ended with the certificate"), "bad")
"""In whatever state: its certificate was revoked."""
