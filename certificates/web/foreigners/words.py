"""The words for requests of foreign care providers: one label a state, what it means, and the steps of the way."""

from django.utils.translation import gettext_lazy as _

from certificates.domain.foreign_lifecycle import ForeignState
from organisations.web.words import Label, Text

FOREIGN_STATES: dict[ForeignState, Label] = {
    ForeignState.AWAITING_CSR: Label(_("Waiting for the key"), "warn"),
    ForeignState.READY: Label(_("Being sent to the government"), "busy"),
    ForeignState.SUBMITTING: Label(_("Being sent to the government"), "busy"),
    ForeignState.OUTCOME_UNKNOWN: Label(_("Checking whether it arrived"), "busy"),
    ForeignState.AWAITING_CONFIRMATION: Label(_("Waiting for the person's confirmation"), "warn"),
    ForeignState.AWAITING_CERTIFICATE: Label(_("Being examined by the government"), "busy"),
    ForeignState.ISSUED: Label(_("Issued, not yet in the key store"), "warn"),
    ForeignState.COMPLETED: Label(_("In the key store"), "good"),
    ForeignState.LAPSED: Label(_("Deadline passed"), "bad"),
    ForeignState.REJECTED: Label(_("Refused"), "bad"),
    ForeignState.CANCELLED: Label(_("Cancelled")),
    ForeignState.GAVE_UP: Label(_("Stopped asking"), "bad"),
}

FOREIGN_EXPLANATIONS: dict[ForeignState, Text] = {
    ForeignState.AWAITING_CSR: _(
        "The key is made on the person's own workstation; no identity card is needed. The file with the certification "
        "request that comes of it is sent in below."
    ),
    ForeignState.READY: _("The certification request was checked and is good. It is being sent."),
    ForeignState.SUBMITTING: _("The certification request is on its way to the government."),
    ForeignState.OUTCOME_UNKNOWN: _(
        "It is not certain that the request arrived. We ask the government and do not send it a second time. "
        "There is nothing to do."
    ),
    ForeignState.AWAITING_CONFIRMATION: _(
        "The government has the request. The person must now confirm who they are, on line and before the deadline. "
        "Without that no certificate is issued."
    ),
    ForeignState.AWAITING_CERTIFICATE: _(
        "The government examines the request: mostly minutes, up to ten days when somebody checks it by hand."
    ),
    ForeignState.ISSUED: _(
        "The certificate is here. The person puts it together with the key on the workstation where the key was made."
    ),
    ForeignState.COMPLETED: _("The person's key store holds the key and the certificate, and it opens."),
    ForeignState.LAPSED: _(
        "Nobody confirmed the identity in time, so the government issues nothing for this key. Make a new request; the "
        "signed declaration can be sent again."
    ),
    ForeignState.REJECTED: _("The government refused the request. What it answered stands below."),
    ForeignState.CANCELLED: _(
        "The request was stopped. Without a confirmation nothing is issued for its key."
    ),
    ForeignState.GAVE_UP: _(
        "We asked for a long time without a usable answer and stopped. You can ask once more."
    ),
}

REFUSED_LATE: Text = _(
    "The government refused the request, and the deadline to confirm had passed. Where the identity was not confirmed "
    "by then, that is why: make a new request; the signed declaration can be sent again. What it answered stands below."
)
"""Of a refusal after the deadline: the answer does not tell both apart."""

FOREIGN_STEPS: dict[str, Text] = {
    "requested": _("Requested, declaration drawn up"),
    "key": _("Key made on the workstation"),
    "submission": _("Sent to the government"),
    "confirmation": _("Identity confirmed on line"),
    "issuance": _("Certificate issued"),
    "key_store": _("In the key store"),
}

ADDRESS_PROBLEM: tuple[Text, Text] = (
    _("The address for the confirmation is not known here."),
    _(
        "The government has the request, but its answer with the address did not reach us. Ask the eHealth contact "
        "centre for the address of this person's request, or cancel and start anew with a new key."
    ),
)
"""When the answer was lost, or named an address that nobody should be sent to."""

SUBMISSION_ADVICE: Text = _(
    "Correct what the answer names and make a new request. The refused one cannot be used again."
)
