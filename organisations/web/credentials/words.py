"""Words for what a connection may do, and for how its calls ended."""

from django.utils.translation import gettext_lazy as _

from organisations.domain.scopes import Scope
from organisations.services.credentials.counting import Outcome
from organisations.web.words import Label, Text

SCOPES: dict[Scope, Text] = {
    Scope.SEE_CERTIFICATES: _("See certificates, what is told of their ends, and what can be renewed"),
    Scope.CARE: _("Change tags and owners of certificates, and write notes"),
    Scope.SEE_REQUESTS: _("See requests for certificates"),
    Scope.ASK_RENEWALS: _("Ask for renewals; a holder still signs each one"),
    Scope.SEE_PEOPLE: _("See people and mandates, without national numbers"),
    Scope.SEE_NUMBERS: _("Read national numbers in full; each look stands in the record"),
    Scope.SEE_RECORD: _("Read the record"),
}
"""The one table of what a connection may be allowed, in the words of the page."""

OUTCOMES: dict[Outcome, Label] = {
    Outcome.DONE: Label(_("Done"), "good"),
    Outcome.REFUSED: Label(_("Refused"), "warn"),
    Outcome.TOO_MANY: Label(_("Too many at once"), "warn"),
    Outcome.FAILED: Label(_("Failed on our side"), "bad"),
}
