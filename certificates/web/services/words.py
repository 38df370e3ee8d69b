"""The words for the government's services and for what becomes of calls to them."""

from django.utils.translation import gettext_lazy as _

from certificates.domain.watch.probes import Outcome
from organisations.web.words import Label, Text

PURPOSES: dict[str, Text] = {
    "certra": _("Requests, renewals and revocations of certificates"),
    "etkra": _("Making and activating encryption tokens"),
    "etkdepot": _("Encryption tokens of those to whom one writes"),
    "sts": _("Logging in with a certificate"),
    "ocsp": _("Whether a certificate was revoked"),
    "tsl": _("Which authorities software may trust"),
}

AVAILABLE = Label(_("Answers"), "good")
AWAY = Label(_("Does not answer"), "bad")
UNSTEADY = Label(_("Did not answer just now"), "warn")
NEVER = Label(_("Never reached from here"), "bad")
NOT_ASKED = Label(_("Not asked yet"))

OUTCOMES: dict[Outcome, Text] = {
    Outcome.ANSWERED: _("an answer"),
    Outcome.REFUSED: _("an answer that says no"),
    Outcome.MISSING: _("an answer that says that a part of the service is missing"),
    Outcome.FAULTED: _("an answer that tells of a fault of the service itself"),
    Outcome.LATE: _("no answer in time"),
    Outcome.UNREACHABLE: _("no connection"),
    Outcome.BROKEN: _("no answer that makes sense"),
}
