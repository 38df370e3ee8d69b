"""The words for the government's own records. A word of the government that is new to us is shown as it came."""

from django.utils.translation import gettext_lazy as _

from certificates.models.records import InquiryState, ProposalKind, ProposalState
from organisations.web.words import Label, Text

INQUIRY_STATES: dict[InquiryState, Label] = {
    InquiryState.AWAITING_SIGNATURE: Label(_("Waiting for the card"), "warn"),
    InquiryState.ANSWERED: Label(_("Answered"), "good"),
    InquiryState.DECLINED: Label(_("Declined by the holder"), "bad"),
    InquiryState.CANCELLED: Label(_("Cancelled")),
    InquiryState.FAILED: Label(_("Refused"), "bad"),
}

PROPOSAL_STATES: dict[ProposalState, Label] = {
    ProposalState.OPEN: Label(_("To decide"), "warn"),
    ProposalState.ACCEPTED: Label(_("Taken over"), "good"),
    ProposalState.DISMISSED: Label(_("Left as it was")),
}

KINDS: dict[ProposalKind, tuple[Text, Text]] = {
    ProposalKind.NEW_MANDATE: (
        _("Mandates that are not registered here"),
        _("Taking one over registers the mandate from today on, and the number where it is new."),
    ),
    ProposalKind.MANDATE_GONE: (
        _("Mandates that the government does not know"),
        _(
            "The government will refuse what this person signs for the number. Have the mandate form registered "
            "with the eHealth platform; taking this over withdraws the mandate here."
        ),
    ),
    ProposalKind.NEW_CERTIFICATE: (
        _("Certificates that are not in the inventory"),
        _("Taking one over puts the certificate itself, fetched and checked, into the inventory."),
    ),
    ProposalKind.DIFFERENCE: (
        _("Differences"),
        _(
            "What stands here, and what the government says instead. Taking one over writes down what the government "
            "says."
        ),
    ),
}

GOVERNMENT_STATUSES: dict[str, Label] = {
    "IN_PROGRESS": Label(_("Being examined"), "busy"),
    "VALID_ACTIVE": Label(_("Valid"), "good"),
    "REFUSED": Label(_("Refused"), "bad"),
    "REVOKED": Label(_("Revoked"), "bad"),
    "EXPIRED": Label(_("Expired"), "bad"),
}
"""AuthenticationCertificateStatus."""

TOKEN_STATUSES: dict[str, Label] = {
    "NOT_REQUESTED": Label(_("No encryption token")),
    "IN_REQUEST": Label(_("Token being made"), "busy"),
    "WAIT_FOR_ACTIVATION": Label(_("Token waits for its activation"), "warn"),
    "VALID_ACTIVE": Label(_("Token active"), "good"),
    "REVOKED": Label(_("Token revoked"), "bad"),
    "EXPIRED": Label(_("Token expired"), "bad"),
}
"""ETKStatus."""

REVOCATION_HERE: dict[str, Text] = {
    "good": _("Not revoked"),
    "revoked": _("Revoked"),
    "unknown": _("Not checked yet"),
}

FIELDS: dict[str, Text] = {
    "status": _("State"),
    "token_status": _("Encryption token"),
    "contact_data": _("Contact data"),
    "services": _("Basic services"),
    "replaceable_from": _("Renewable from"),
    "end": _("End"),
}

CONTACT_LINES: dict[str, Text] = {
    "email_private": _("E-mail address of the person responsible"),
    "phone_private": _("Telephone of the person responsible"),
    "email_general": _("General e-mail address"),
    "phone_general": _("General telephone number"),
}

FETCH_PROBLEMS: dict[str, Text] = {
    "not_fetched": _("Not fetched yet: the government was slow. Ask once more later."),
    "not_delivered": _("Not delivered yet. Ask once more when the government has issued it."),
    "for_another": _("What the government handed over is another certificate. It was not kept."),
    "not_trusted": _("What the government handed over does not lead to a trusted root. It was not kept."),
}


def status_label(word: str) -> Label:
    """Return the label of AuthenticationCertificateStatus; a word that is new to us stands as it came."""
    return GOVERNMENT_STATUSES.get(word, Label(word, "warn"))


def token_label(word: str) -> Label:
    """Return the label of ETKStatus, likewise."""
    return TOKEN_STATUSES.get(word, Label(word, "warn"))
