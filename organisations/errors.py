"""Reasons why something about organisations, people or devices cannot be done. Stable codes, no HTTP."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.domain.roles import Permission


class DomainError(Exception):
    """A refusal with a stable `code` and a sentence that says what to do; `extra` is safe to show."""

    code = "refused"
    title: str | Promise = _("This cannot be done.")

    def __init__(self, detail: str | Promise = "", **extra: object) -> None:
        super().__init__(self.code)
        self.detail = detail
        self.extra = extra


class NotPermitted(DomainError):
    """The signed-in member's roles do not allow this."""

    code = "not_permitted"
    title = _("Your role does not allow this. Ask an administrator of your organisation.")

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission=str(permission))


class Unreadable(DomainError):
    """Something sealed opens with no key that this server has: the key is missing, or what is kept was damaged."""

    code = "unreadable"
    title = _(
        "This cannot be read: the key that seals it is missing here. Ask the operator to restore the key."
    )


class IdentifierRefused(DomainError):
    """An identifier breaks a rule that is certain."""

    code = "identifier_refused"
    title = _("This number is not valid. Check it against the official document.")


class SoftwareUnknown(DomainError):
    """Not a kind of software that loads key stores."""

    code = "software_unknown"
    title = _("This software is not in the list.")


class PersonExists(DomainError):
    """The organisation already knows someone with this national number."""

    code = "person_exists"
    title = _("Someone with this national number is already in the list.")


class AccountTaken(DomainError):
    """The account is another person's: what is private to a person is shown to the account."""

    code = "account_taken"
    title = _("This account belongs to someone else in the list.")


class IdentifierExists(DomainError):
    """The organisation already has this identifier."""

    code = "identifier_exists"
    title = _("Your organisation already has this number.")


class FeedRefused(DomainError):
    """A calendar feed without a name, or one more than anybody needs."""

    code = "feed_refused"
    title = _("Give the calendar feed a name of at most 60 characters.")


class WebhookRefused(DomainError):
    """A webhook without a name, a topic or an address that can be called, or one more than anybody needs."""

    code = "webhook_refused"
    title = _("Give an address that begins with https:// and that others on the internet can reach.")


class ConnectionRefused(DomainError):
    """What was given for a connection is not possible; the detail says what."""

    code = "connection_refused"
    title = _("This connection is not possible.")


class ConnectionOver(DomainError):
    """The connection has ended, or its last day has passed."""

    code = "connection_over"
    title = _("This connection has ended. Make a new one.")


class MandateRefused(DomainError):
    """The dates or the person of a mandate are not possible."""

    code = "mandate_refused"
    title = _("This mandate is not possible: it must end on or after the day it starts.")


class RoleHeld(DomainError):
    """A member with this address already has the role."""

    code = "role_held"
    title = _("A member with this address has this role already.")


class AlreadyInvited(DomainError):
    """The address waits for its owner's consent to this very role."""

    code = "already_invited"
    title = _(
        "This address is invited to this role already. Send that invitation again from the list of members."
    )


class AlreadyTold(DomainError):
    """The address stands among those outside that are told."""

    code = "already_told"
    title = _("This address stands in the list already.")


class TooManyAsked(DomainError):
    """An organisation has asked as many addresses outside as it may in a day."""

    code = "too_many_asked"
    title = _("Twenty addresses were asked within a day. Add this one tomorrow.")


class InvitationOver(DomainError):
    """The invitation was accepted, declined or withdrawn, or its time has passed."""

    code = "invitation_over"
    title = _("This invitation can no longer be accepted.")


class LastAdministrator(DomainError):
    """The role, or the person, is the organisation's last administrator."""

    code = "last_administrator"
    title = _("An organisation keeps one administrator. Give somebody else that role first.")


class LeavingRefused(DomainError):
    """The day on which somebody left lies ahead."""

    code = "leaving_refused"
    title = _("Give today or an earlier day: what this does is done at once.")


class ProofRefused(DomainError):
    """A device proof is missing, altered, stale, replayed or of an unknown device."""

    code = "proof_invalid"
    title = _("This request could not be tied to an enrolled workstation. Enrol the agent again.")


class ProofStale(ProofRefused):
    """The proof's time is more than two minutes from ours."""

    code = "proof_stale"
    title = _(
        "The clock of this workstation differs too much from the server's. Set the clock and try again."
    )


class ProofReplayed(ProofRefused):
    """The proof's id was used before."""

    code = "proof_replayed"
    title = _("This request was already made once and is not done twice.")


class DeviceUnknown(ProofRefused):
    """No enrolled device has this key, or it was revoked."""

    code = "device_unknown"
    title = _("This workstation is not enrolled, or its enrolment was withdrawn. Enrol the agent again.")


class BodyMalformed(DomainError):
    """The body of a call is not a JSON object."""

    code = "body_malformed"
    title = _("What the workstation sent cannot be read. Update the agent and try again.")


class AgentTooOld(DomainError):
    """The agent speaks a protocol that is not understood here any more."""

    code = "agent_too_old"
    title = _(
        "The agent on this workstation is too old for this server. Nothing was lost; update the agent and try again."
    )


class EnrolmentUnknown(DomainError):
    """No started enrolment has this id for this device key, or it was used."""

    code = "enrolment_unknown"
    title = _("This enrolment is not known or was already used. Start enrolling again.")


class EnrolmentExpired(DomainError):
    """The nonce is older than five minutes."""

    code = "enrolment_expired"
    title = _("Enrolling took longer than five minutes. Start again.")


class SignatureInvalid(DomainError):
    """A signature does not verify."""

    code = "signature_invalid"
    title = _("The signature does not verify. Try again; if it stays, try another card reader.")


class HolderUnknown(DomainError):
    """No organisation knows the holder of this card."""

    code = "holder_unknown"
    title = _("No organisation here knows the holder of this card. Ask your administrator to add you first.")


class OrganisationUnknown(DomainError):
    """The organisation does not wait for this holder, or has ended the link itself: then the card opens it again."""

    code = "organisation_unknown"
    title = _("This organisation does not wait for this workstation. Enrol it again if it was withdrawn.")


class OrganisationChanged(DomainError):
    """What was agreed to is not what the organisation says today."""

    code = "organisation_changed"
    title = _("The organisation has changed what it says of itself meanwhile. Look again and answer anew.")


class ChangedMeanwhile(DomainError):
    """The page that was answered no longer holds: somebody changed the row since it was shown."""

    code = "changed_meanwhile"
    title = _("Nothing was done: this was changed since your page was shown. Look at it as it is now.")


class NumberNotProven(DomainError):
    """What was asked may not be done with a number while it stands as it does."""

    code = "number_not_proven"
    title = _(
        "This number waits for the operator of the platform, or was declined. How it stands is on the page of your "
        "organisation."
    )


class NumberInUse(DomainError):
    """The number cannot be taken off the list: it is proven, or something of the organisation stands on it."""

    code = "number_in_use"
    title = _(
        "This number stays: it is proven, or mandates, requests or certificates of your organisation stand on it."
    )


class CardRefused(DomainError):
    """An identity card certificate is not acceptable; the code says why."""

    code = "card_not_trusted"
    title = _("This card was not issued under an authority that is trusted here.")


class CardExpired(CardRefused):
    """The certificate on the card has ended or not begun."""

    code = "card_expired"
    title = _("The certificate on this card is not valid today. Ask your municipality to renew the card.")


class CardRevoked(CardRefused):
    """The card's certificate was revoked."""

    code = "card_revoked"
    title = _(
        "The certificate on this card was revoked. Ask your municipality to activate or renew the card."
    )


class CardOnHold(CardRevoked):
    """The card's certificate is suspended (certificateHold): not for good, it may be lifted."""

    title = _(
        "The certificate on this card is suspended. That may be lifted: ask your municipality to activate the card."
    )


class CardStatusUnknown(CardRefused):
    """Neither OCSP nor CRL could be asked."""

    code = "card_status_unknown"
    title = _(
        "The state of this card cannot be checked right now. Nothing was lost; try again in a few minutes."
    )


class NotAnAuthenticationCertificate(CardRefused):
    """The certificate is not meant for authentication."""

    code = "not_an_authentication_certificate"
    title = _("This certificate of the card is not meant for signing in. Use the Authentication certificate.")


class NotASignatureCertificate(CardRefused):
    """The certificate lacks nonRepudiation."""

    code = "not_a_signature_certificate"
    title = _(
        "This card has no active Signature certificate (nonRepudiation). Ask your municipality to activate it."
    )
