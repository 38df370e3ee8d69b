"""The words for certificates and requests: one label a state, in four languages."""

from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.renewal import RenewalOutcome
from certificates.domain.validity import RevocationStatus, Standing
from organisations.web.words import Label, Text

ENVIRONMENTS: dict[Environment, Text] = {
    Environment.PRODUCTION: _("Production"),
    Environment.ACCEPTANCE: _("Acceptance"),
}

STANDINGS: dict[Standing, Label] = {
    Standing.RENEWABLE: Label(_("To renew"), "warn"),
    Standing.ENDS_SOON: Label(_("Ends soon"), "warn"),
    Standing.VALID: Label(_("Valid"), "good"),
    Standing.RENEWED: Label(_("Renewed")),
    Standing.BEING_REVOKED: Label(_("Being revoked"), "warn"),
    Standing.ON_HOLD: Label(_("Suspended, may be lifted"), "bad"),
    Standing.EXPIRED: Label(_("Expired"), "bad"),
    Standing.REVOKED: Label(_("Revoked"), "bad"),
    Standing.NOT_YET_VALID: Label(_("Not yet valid")),
    Standing.NOT_RECOGNISED: Label(_("Not recognised"), "bad"),
}

NEEDS = Label(_("Needs someone"), "warn")
"""All states in which somebody has to do something."""
ORDER_WORDS: dict[str, Text] = {
    "": _("Ends soonest first"),
    "latest": _("Ends latest first"),
    "state": _("What needs someone first"),
    "-state": _("What is settled first"),
    "name": _("By name, from A"),
    "-name": _("By name, from Z"),
    "identifier": _("By number, the lowest first"),
    "-identifier": _("By number, the highest first"),
    "environment": _("Production first, by end"),
    "-environment": _("Acceptance first, the latest end first"),
    "-added": _("Added last first"),
    "added": _("Added first first"),
}

REVOCATION: dict[RevocationStatus, Label] = {
    RevocationStatus.GOOD: Label(_("Not revoked"), "good"),
    RevocationStatus.REVOKED: Label(_("Revoked"), "bad"),
    RevocationStatus.ON_HOLD: Label(_("Suspended, may be lifted"), "bad"),
    RevocationStatus.UNKNOWN: Label(_("Not checked yet")),
}
ASKED_IN_VAIN = Label(_("Asked, without an answer that counts"), "warn")
"""Instead of UNKNOWN once somebody was asked."""

REVOCATION_REASONS: dict[str, Text] = {
    "keyCompromise": _("The key is in the wrong hands"),
    "cACompromise": _("The key of its authority is in the wrong hands"),
    "affiliationChanged": _("Its holder no longer belongs there"),
    "superseded": _("Another has taken its place"),
    "cessationOfOperation": _("It is no longer needed"),
    "certificateHold": _("Suspended by its authority. This is not final: it may be lifted."),
    "privilegeWithdrawn": _("The right that it stood for was withdrawn"),
}
"""What OCSP or a list told (RFC 5280 5.3.1); others are not worth a word."""

REQUEST_STATES: dict[RequestState, Label] = {
    RequestState.AWAITING_DEVICE: Label(_("Waiting for the holder's workstation"), "warn"),
    RequestState.AWAITING_CONTRACT: Label(_("Fetching the contract"), "busy"),
    RequestState.AWAITING_SIGNATURE: Label(_("Waiting for the holder's signature"), "warn"),
    RequestState.SIGNED: Label(_("Signed, being sent"), "busy"),
    RequestState.SUBMITTING: Label(_("Being sent to the government"), "busy"),
    RequestState.OUTCOME_UNKNOWN: Label(_("Checking whether it arrived"), "busy"),
    RequestState.AWAITING_CERTIFICATE: Label(_("Being examined by the government"), "busy"),
    RequestState.ISSUED: Label(_("Issued, not yet in the key store"), "busy"),
    RequestState.COMPLETED: Label(_("In the key store"), "good"),
    RequestState.REJECTED: Label(_("Refused"), "bad"),
    RequestState.DECLINED: Label(_("Declined by the holder"), "bad"),
    RequestState.CANCELLED: Label(_("Cancelled")),
    RequestState.GAVE_UP: Label(_("Stopped asking"), "bad"),
}

EXPLANATIONS: dict[RequestState, Text] = {
    RequestState.AWAITING_DEVICE: _(
        "No workstation of the holder works for your organisation yet. "
        "As soon as there is one, this request goes on by itself."
    ),
    RequestState.AWAITING_CONTRACT: _("The government draws up the contract. This takes a moment."),
    RequestState.AWAITING_SIGNATURE: _("The holder reads and signs the request with the identity card."),
    RequestState.SIGNED: _("The signature was checked and is good. The request is being sent."),
    RequestState.SUBMITTING: _("The signed request is on its way to the government."),
    RequestState.OUTCOME_UNKNOWN: _(
        "It is not certain that the request arrived. We ask the government and do not send it a second time. "
        "There is nothing to do."
    ),
    RequestState.AWAITING_CERTIFICATE: _(
        "The government examines the request: mostly minutes, up to ten days when somebody checks it by hand."
    ),
    RequestState.ISSUED: _(
        "The certificate is here. The workstation that signed puts it into the key store as soon as its agent runs."
    ),
    RequestState.COMPLETED: _("The key store on the holder's workstation holds the key and the certificate."),
    RequestState.REJECTED: _("The government refused the request. What it answered stands below."),
    RequestState.DECLINED: _("The holder chose not to sign. Nothing was sent."),
    RequestState.CANCELLED: _("The request was withdrawn before it was signed. Nothing was sent."),
    RequestState.GAVE_UP: _(
        "We asked for a long time without a usable answer and stopped. You can ask once more."
    ),
}

UNSIGNED = Label(_("Nobody signed in time"), "bad")
"""Instead of GAVE_UP where nobody signed what was offered."""
REQUEST_UNSIGNED: Text = _(
    "The holder was asked for thirty days and did not sign. Nothing was sent to the government. You can ask once more."
)

STEPS: dict[str, Text] = {
    "requested": _("Requested"),
    "workstation": _("Workstation of the holder enrolled"),
    "contract": _("Contract from the government"),
    "signature": _("Signature by the holder"),
    "submission": _("Sent to the government"),
    "issuance": _("Certificate issued"),
    "key_store": _("In the key store"),
    "evidence": _("Confirmed from outside"),
}

STEP_STATES: dict[str, Text] = {
    "done": _("done"),
    "current": _("going on"),
    "todo": _("still to come"),
    "failed": _("stopped here"),
}

BASE_SERVICES: dict[str, tuple[Text, Text]] = {
    "tsa": (_("Timestamping"), _("Electronic dates that prove when a document existed")),
    "consultrn": (_("National register"), _("Looking up identification data of persons")),
    "codage": (_("Coding"), _("Encoding and making personal data anonymous")),
    "other": (_("Other services"), _("Anything else of the eHealth platform")),
}

OUTCOMES: dict[str, Label] = {
    "new": Label(_("New"), "good"),
    "expired": Label(_("New, but expired"), "warn"),
    "not_ehealth": Label(_("Not an eHealth certificate"), "warn"),
    "already_known": Label(_("Already in the inventory")),
    "duplicate": Label(_("Twice in this upload")),
    "ca_certificate": Label(_("Certificate of an authority")),
    "unreadable": Label(_("Cannot be read"), "bad"),
}
GROUPS: dict[str, Label] = OUTCOMES | {
    "not_ours": Label(_("New, with a number that is not one of your organisation"), "warn"),
    "not_recognised": Label(_("New, but it leads to no known authority"), "warn"),
}
"""Findings in a large upload, where nobody looks at each line."""

SOURCES: dict[str, Text] = {
    "requested": _("Requested here"),
    "imported": _("Imported"),
    "recorded": _("Taken over from the government's records"),
}

RENEWALS: dict[RenewalOutcome, tuple[Text, Text]] = {
    RenewalOutcome.RENEWABLE: (
        _("It can be renewed now"),
        _(
            "The holder reads and signs once; new keys are made on the own workstation. Both live until you switch."
        ),
    ),
    RenewalOutcome.TOO_EARLY: (
        _("It is too early to renew it"),
        _("On that day it appears by itself among those to renew. There is nothing to do until then."),
    ),
    RenewalOutcome.EXPIRED: (
        _("It has ended and can no longer be renewed"),
        _("Request a new one. What is known of the old one is filled in already."),
    ),
    RenewalOutcome.REVOKED: (
        _("It was revoked and cannot be renewed"),
        _("Request a new one. What is known of the old one is filled in already."),
    ),
    RenewalOutcome.NOT_RECOGNISED: (
        _("It is not recognised, so it is not renewed"),
        _(
            "It leads to no authority of the government that is known here: anybody can make a certificate that bears "
            "this name. If it is yours, import it together with the certificates of its authority."
        ),
    ),
    RenewalOutcome.ON_HOLD: (
        _("It is suspended at present"),
        _(
            "Its authority may lift that; until then it is not renewed. Ask who suspended it, or request a new one."
        ),
    ),
    RenewalOutcome.BEING_REVOKED: (
        _("Its revocation is on its way"),
        _("What is being revoked is not renewed. Request a new one afterwards if it is still needed."),
    ),
    RenewalOutcome.ALREADY_RENEWED: (
        _("It was renewed"),
        _("A later certificate with the same name has taken over."),
    ),
    RenewalOutcome.IN_PROGRESS: (
        _("Its renewal is on its way"),
        _("One renewal at a time: finish or cancel that one first."),
    ),
    RenewalOutcome.NOT_OURS: (
        _("Its name holds none of your organisation's numbers"),
        _("Add the number to your organisation, if it is yours. Otherwise its owner renews it."),
    ),
    RenewalOutcome.MANDATE_ENDED: (
        _("The holder's mandate is not active today"),
        _("Register a new mandate for the holder, or have somebody else with a mandate sign."),
    ),
    RenewalOutcome.HOLDER_LEFT: (
        _("The holder has left"),
        _("Choose another holder: somebody with a mandate for this number."),
    ),
    RenewalOutcome.KEY_STORE_LOST: (
        _("Its key store or password was said to be lost"),
        _(
            "Without it nothing is renewed: revoke it and request a new one. It can be renewed if it turns up again."
        ),
    ),
    RenewalOutcome.NUMBER_WAITS: (
        _("Its number waits for the operator of the platform, or was declined"),
        _(
            "How it stands is on the page of your organisation. Tell the operator what you know; once it is proven, it "
            "can be renewed here."
        ),
    ),
    RenewalOutcome.NOBODY_MANDATED: (
        _("Nobody has a mandate for this number today"),
        _("Register a mandate first. Then the renewal can be asked for here."),
    ),
    RenewalOutcome.NO_WORKSTATION: (
        _("It can be renewed now"),
        _(
            "No workstation of the holder works for your organisation yet. "
            "The renewal waits for it and then goes on by itself."
        ),
    ),
}
"""By outcome: what it is, and what to do."""

INSTALLATION_STATES: dict[str, Label] = {
    "current": Label(_("Present certificate"), "good"),
    "old": Label(_("Old certificate"), "warn"),
    "accepted": Label(_("Old, accepted")),
    "gone": Label(_("Gone")),
    "unknown": Label(_("Not in the inventory"), "warn"),
}

PROBLEMS: dict[str, tuple[Text, Text]] = {
    "transient": (
        _("The government's service cannot be reached right now."),
        _("We keep trying by ourselves; nothing is lost and there is nothing to do."),
    ),
    "silent": (
        _("The service has not answered since %(time)s."),
        _("It is tried again by itself; nothing is lost and there is nothing to do."),
    ),
    "rejected": (
        _("The government refused this request."),
        _("Correct what the answer names and make a new request. The refused one cannot be used again."),
    ),
    "outcome_unknown": (
        _("It is not certain yet whether the government received the request."),
        _("We ask, and never send it twice. Please do not make a second request for the same certificate."),
    ),
    "delivery": (
        _("The government delivered a certificate that does not belong to this request."),
        _(
            "It was not accepted and we keep asking for the right one. If this stays, call the eHealth contact centre."
        ),
    ),
    "key_store_lost": (
        _("The old key store or its password is lost."),
        _(
            "A lost password cannot be recovered, and without the old key store there is no renewal. Have the old "
            "certificate revoked, then request a new one."
        ),
    ),
}
"""By kind of problem: what it is, and what to do."""
