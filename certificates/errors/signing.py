"""Reasons why a job, a signed request or a question to the government comes to nothing. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


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
