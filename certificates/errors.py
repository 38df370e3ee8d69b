"""Reasons why something about certificates, requests or jobs cannot be done. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class RequestRefused(DomainError):
    """A wish for a certificate that cannot be turned into a request; `extra["field"]` names the culprit."""

    code = "request_refused"
    title = _("This request is not possible as it stands.")


class HolderWithoutMandate(RequestRefused):
    """The chosen holder has no mandate for this identifier today."""

    code = "holder_without_mandate"
    title = _(
        "This person has no mandate for this number today. Register the mandate first, or choose someone else."
    )


class RequestInProgress(RequestRefused):
    """A request for the same name is already on its way."""

    code = "request_in_progress"
    title = _(
        "A request for the same certificate name is already on its way. Finish or cancel that one first."
    )


class NameActive(RequestRefused):
    """A certificate with this name is active; `extra` names it, and from when it can be renewed."""

    code = "name_active"
    title = _("A certificate with this name is active. A second one is only given as its renewal.")


class RenewalRefused(RequestRefused):
    """This certificate cannot be renewed now; `extra["outcome"]` is the code of domain.renewal.RenewalOutcome."""

    code = "renewal_refused"
    title = _("This certificate cannot be renewed now. Its page says what to do instead.")


class RenewalIncomplete(RequestRefused):
    """Something that a renewal needs is not known; `extra["field"]` names it."""

    code = "renewal_incomplete"
    title = _("Not everything that the renewal needs is known. Fill in what is missing.")


class CannotConfirmSwitch(DomainError):
    """The switch to the new certificate is not done; `extra["open"]` holds the codes of what is open."""

    code = "cannot_confirm_switch"
    title = _("The switch cannot be confirmed yet: something still needs the old certificate.")


class CannotAccept(DomainError):
    """Leaving an installation behind needs a reason, and an installation that is still there."""

    code = "cannot_accept"
    title = _("Say why this installation of the old certificate may stay as it is.")


class ReportMalformed(DomainError):
    """What a workstation reported cannot be read."""

    code = "report_malformed"
    title = _("The report of this workstation cannot be read. Nothing was taken over; update the agent.")


class CannotCancel(DomainError):
    """The request was signed or is over."""

    code = "cannot_cancel"
    title = _("This request was already signed or is over; it can no longer be cancelled here.")


class CannotAskAgain(DomainError):
    """The platform has not given up on this request."""

    code = "cannot_ask_again"
    title = _("The platform is still asking by itself; there is nothing to start again.")


class JobUnknown(DomainError):
    """No job with this id for this device."""

    code = "job_unknown"
    title = _("There is no task with this number for this workstation.")


class JobClosed(DomainError):
    """The job is done, declined, cancelled or expired."""

    code = "job_closed"
    title = _(
        "This task is over. Ask your administrator for a new request if you still need the certificate."
    )


class MandateEnded(DomainError):
    """The holder's mandate does not cover this moment."""

    code = "mandate_ended"
    title = _(
        "Your mandate for this organisation is not active today. Nothing was sent. Ask your administrator."
    )


class SignedRequestRefused(DomainError):
    """What the agent sent is not the request that was offered; the code says why."""

    code = "request_malformed"
    title = _("The signed request cannot be read. Nothing was sent; start again from the agent.")


class RequestTooLarge(SignedRequestRefused):
    """Bigger than any real request."""

    code = "request_too_large"
    title = _("The signed request is larger than any real request. Nothing was sent.")


class WrongSigner(SignedRequestRefused):
    """Another person's card signed."""

    code = "wrong_signer"
    title = _(
        "This was signed with the card of someone else. Nothing was sent; use the card of the named holder."
    )


class ContractAltered(SignedRequestRefused):
    """The contract is not the one that was fetched."""

    code = "contract_altered"
    title = _("The contract that was signed is not the one that was offered. Nothing was sent; start again.")


class ContactDataAltered(SignedRequestRefused):
    """Contact data, services or ApplicationId are not the ones of the request."""

    code = "contact_data_altered"
    title = _(
        "The contact data that were signed are not those of the request. Nothing was sent; start again."
    )


class CsrInvalid(SignedRequestRefused):
    """The certification request is not RSA 2048 signed by its own key."""

    code = "csr_invalid"
    title = _(
        "The key made on the workstation is not acceptable. Nothing was sent; update the agent and start again."
    )


class DnMismatch(SignedRequestRefused):
    """The certification request asks for another name than the contract."""

    code = "dn_mismatch"
    title = _(
        "The key was made for another certificate name than the contract's. Nothing was sent; start again."
    )


class KeyAlreadyUsed(SignedRequestRefused):
    """Another request holds this key."""

    code = "key_already_used"
    title = _(
        "This key was used for another request before. Nothing was sent; start again, a new key is made."
    )


class CertificateMismatch(DomainError):
    """The workstation stored another certificate than the one delivered."""

    code = "certificate_mismatch"
    title = _("The certificate in the key store is not the one that was delivered for this request.")


class CertificateForAnotherKey(DomainError):
    """The authority delivered a certificate that does not belong to the requested key or name."""

    code = "certificate_for_another_key"
    title = _(
        "The government delivered a certificate for another key or name. It was not accepted; we keep asking for the "
        "right one. If this stays, call the eHealth contact centre."
    )


class CertificateNotTrusted(DomainError):
    """The delivered certificate does not lead to an anchor of its environment."""

    code = "certificate_not_trusted"
    title = _(
        "The certificate that was delivered does not lead to a trusted root of this environment. It was not accepted; "
        "check the trust anchors of this installation."
    )


class FileRefused(DomainError):
    """An upload is too large, or holds too much."""

    code = "file_refused"
    title = _("These files are too large to take in at once. Send fewer of them.")


class WrongCertificate(SignedRequestRefused):
    """Signed with the key of another eHealth certificate."""

    code = "wrong_certificate"
    title = _(
        "This was signed with the key of another certificate. Nothing was sent; use the right key store."
    )


class TokenUnknown(DomainError):
    """No encryption token was started for this certificate, or another one is meant."""

    code = "token_unknown"
    title = _("No encryption token is being registered for this certificate. Start again from the agent.")


class TokenRefused(DomainError):
    """A token is not in the state that is needed, or what the government gave is no good token."""

    code = "token_refused"
    title = _(
        "The encryption token cannot be used for this. Look at the certificate's page for where it stands."
    )


class TokenNotFound(DomainError):
    """The depot hands out no token of this certificate."""

    code = "token_not_found"
    title = _("The depot has no encryption token of this certificate. It can be made with its key store.")


class ProofMalformed(DomainError):
    """A continuity proof that no agent makes."""

    code = "proof_malformed"
    title = _("The outcome of the self test cannot be read. Update the agent and try again.")


class GovernmentRefused(DomainError):
    """The government understood and said no; `extra` has its answers."""

    code = "government_refused"
    title = _("The government refused this. What it answered stands beside it.")


class GovernmentUnavailable(DomainError):
    """The government could not be asked, or gave no answer that makes sense; asking again is safe."""

    code = "government_unavailable"
    title = _(
        "The government's service cannot be reached right now. Nothing is lost; try again in a few minutes."
    )


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


class ForeignRequestRefused(DomainError):
    """A wish for a foreign care provider that cannot be turned into a request; `extra["field"]` names the culprit."""

    code = "foreign_request_refused"
    title = _("This request is not possible as it stands.")


class ForeignRequestInProgress(ForeignRequestRefused):
    """One for the same person and environment is on its way."""

    code = "foreign_request_in_progress"
    title = _("A request for this person is already on its way. Finish or cancel that one first.")


class ForeignCsrRefused(DomainError):
    """What was sent in is not the certification request that is awaited; the detail says why."""

    code = "foreign_csr_refused"
    title = _("This is not a certification request made for this preparation. Nothing was sent.")


class ForeignRequestElsewhere(DomainError):
    """The request is not where this step can be taken, or somebody was faster."""

    code = "foreign_request_elsewhere"
    title = _("This request has moved on meanwhile. Look at where it stands now.")


class SharingRefused(DomainError):
    """Somebody else than its owner would show or hide a certificate."""

    code = "sharing_refused"
    title = _("Only the person whose certificate it is decides who sees it.")


class RevocationRefused(DomainError):
    """A wish to revoke that cannot be carried out; `extra["field"]` names the culprit."""

    code = "revocation_refused"
    title = _("This revocation is not possible as it stands.")


class RevocationInProgress(RevocationRefused):
    """A revocation of this certificate is already on its way."""

    code = "revocation_in_progress"
    title = _("A revocation of this certificate is already on its way.")


class CertificateNotRevocable(RevocationRefused):
    """The certificate is revoked or has expired."""

    code = "certificate_not_revocable"
    title = _("This certificate is revoked already or has expired: there is nothing left to revoke.")
