"""The words for revocations: states, reasons in plain words, and what each leads to."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from certificates.domain.revocation import RevocationReason, RevocationState
from organisations.web.words import REVOCATION_REASONS, Label, Text

REVOCATION_STATES: dict[RevocationState, Label] = {
    RevocationState.AWAITING_DEVICE: Label(_("Waiting for the holder's workstation"), "warn"),
    RevocationState.AWAITING_CONTRACT: Label(_("Fetching the contract"), "busy"),
    RevocationState.AWAITING_SIGNATURE: Label(_("Waiting for the holder's signature"), "warn"),
    RevocationState.SIGNED: Label(_("Signed, being sent"), "busy"),
    RevocationState.SUBMITTING: Label(_("Being sent to the government"), "busy"),
    RevocationState.OUTCOME_UNKNOWN: Label(_("Checking whether it arrived"), "busy"),
    RevocationState.AWAITING_EVIDENCE: Label(_("Waiting for confirmation from outside"), "busy"),
    RevocationState.COMPLETED: Label(_("Revoked, confirmed from outside"), "good"),
    RevocationState.REJECTED: Label(_("Refused"), "bad"),
    RevocationState.DECLINED: Label(_("Declined by the holder"), "bad"),
    RevocationState.CANCELLED: Label(_("Cancelled")),
    RevocationState.GAVE_UP: Label(_("Stopped asking"), "bad"),
}

REVOCATION_EXPLANATIONS: dict[RevocationState, Text] = {
    RevocationState.AWAITING_DEVICE: _(
        "No workstation of the holder works for your organisation yet. "
        "As soon as there is one, this revocation goes on by itself. "
        "Until then the certificate works."
    ),
    RevocationState.AWAITING_CONTRACT: _(
        "The government draws up the contract about the end of the certificate. This takes a moment."
    ),
    RevocationState.AWAITING_SIGNATURE: _(
        "The holder reads and signs with the identity card. Until then the certificate works."
    ),
    RevocationState.SIGNED: _("The signature was checked and is good. The revocation is being sent."),
    RevocationState.SUBMITTING: _("The signed revocation is on its way to the government."),
    RevocationState.OUTCOME_UNKNOWN: _(
        "It is not certain that the revocation arrived. We ask the authority and its public register, and do not send "
        "it a second time. There is nothing to do."
    ),
    RevocationState.AWAITING_EVIDENCE: _(
        "The government took the revocation. We ask the authority's public register (OCSP, revocation list) until it "
        "says so too. The government's own records count as well, whenever somebody asks them."
    ),
    RevocationState.COMPLETED: _(
        "The certificate is revoked, and its encryption token ended with it. Keep the key stores: old messages can "
        "only be opened with the encryption keys in them."
    ),
    RevocationState.REJECTED: _(
        "The government refused the revocation; the certificate still works. What it answered stands below."
    ),
    RevocationState.DECLINED: _(
        "The holder chose not to sign. Nothing was sent; the certificate still works."
    ),
    RevocationState.CANCELLED: _("The revocation was withdrawn before it was signed. Nothing was sent."),
    RevocationState.GAVE_UP: _(
        "We asked for a long time without a usable answer and stopped. You can ask once more."
    ),
}


REVOCATION_UNSIGNED: Text = _(
    "The holder was asked for thirty days and did not sign. Nothing was sent; the certificate still works. You can ask "
    "once more."
)


@dataclass(frozen=True)
class ReasonWords:
    """One reason: its name, when it is the right one, and what follows from it."""

    name: Text
    when: Text
    then: Text


REASONS: dict[RevocationReason, ReasonWords] = {
    RevocationReason.KEY_COMPROMISE: ReasonWords(
        REVOCATION_REASONS["keyCompromise"],
        _("A laptop or key store was lost or stolen, or somebody knows its password who should not."),
        _(
            "Whoever checks the certificate also distrusts what was signed with it since. Revoke first, and request a "
            "new certificate right after."
        ),
    ),
    RevocationReason.AFFILIATION_CHANGED: ReasonWords(
        REVOCATION_REASONS["affiliationChanged"],
        _("A merger, another number, or the certificate names somebody that it should not name any more."),
        _("What was signed before stays good. Request certificates for the new number or name."),
    ),
    RevocationReason.SUPERSEDED: ReasonWords(
        REVOCATION_REASONS["superseded"],
        _(
            "A newer one is in use everywhere, or its key store or password is lost and a new one was requested."
        ),
        _("What was signed before stays good. Only do this once no software uses the old one."),
    ),
    RevocationReason.CESSATION_OF_OPERATION: ReasonWords(
        REVOCATION_REASONS["cessationOfOperation"],
        _("The software or the activity has stopped and nothing comes in its place."),
        _("What was signed before stays good. Nothing new has to be requested."),
    ),
}

REVOCATION_PROBLEMS: dict[str, tuple[Text, Text]] = {
    "rejected": (
        _("The government refused this revocation."),
        _(
            "The certificate still works. Correct what the answer names and ask for a new revocation; is the key in "
            "the wrong hands, call the eHealth contact centre at once."
        ),
    ),
    "outcome_unknown": (
        _("It is not certain yet whether the government received the revocation."),
        _("We ask, and never send it twice. Until it is confirmed, treat the certificate as still working."),
    ),
}
"""By kind of problem, where the general words (words.PROBLEMS) speak of a request."""

SOURCES: dict[str, Text] = {
    "ocsp": _("the authority's OCSP responder"),
    "crl": _("the authority's revocation list (CRL)"),
    "certificate_info": _("the government's own record of the certificate"),
}
"""Who confirmed a revocation."""
