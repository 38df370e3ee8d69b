"""The words for what organisations, people and the record hold: one label a state, in four languages."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from organisations.domain.claims import NumberState, Use, Voucher
from organisations.domain.mandates import MandateState
from organisations.services.words import ROLE_EXPLANATIONS as ROLE_EXPLANATIONS
from organisations.services.words import ROLES as ROLES
from organisations.services.words import Text as Text


@dataclass(frozen=True)
class Label:
    """How a state stands on screen: its word, and the tone (good, warn, bad, busy, quiet) that colours it."""

    text: Text
    tone: str = "quiet"

    def __str__(self) -> str:
        return str(self.text)


MANDATE_STATES: dict[MandateState, Label] = {
    MandateState.FUTURE: Label(_("Not begun")),
    MandateState.ACTIVE: Label(_("Active"), "good"),
    MandateState.ENDED: Label(_("Ended")),
    MandateState.WITHDRAWN: Label(_("Withdrawn"), "bad"),
}

NUMBER_STATES: dict[NumberState, Label] = {
    NumberState.CLAIMED: Label(_("Written down, not proven"), "warn"),
    NumberState.WAITING: Label(_("Waits for the operator"), "bad"),
    NumberState.PROVEN: Label(_("Proven"), "good"),
    NumberState.DECLINED: Label(_("Declined by the operator"), "bad"),
}

VOUCHERS: dict[Voucher, Text] = {
    Voucher.GOVERNMENT: _("by the eHealth platform, which named it for a holder"),
    Voucher.CERTIFICATE: _("by a certificate that was delivered here"),
    Voucher.OPERATOR: _("by the operator of this platform"),
}

USES: dict[Use, Text] = {
    Use.MANDATE: _("Give people a mandate for it"),
    Use.REQUEST: _("Request certificates for it"),
    Use.HOLDER: _("Be shown to holders at their workstation as yours"),
    Use.INSTALLATIONS: _("See where its key stores are installed"),
    Use.GUARD: _("Make another organisation that writes it down wait"),
}

IDENTIFIER_TYPES: dict[str, Text] = {
    "CBE": _("Enterprise number (CBE)"),
    "CBE-TREAT_CENTER": _("Treatment centre"),
    "SSIN": _("Natural person"),
    "NIHII": _("Care provider (NIHII)"),
    "NIHII11": _("Care provider with qualification (NIHII, 11 digits)"),
    "NIHII-PHARMACY": _("Pharmacy"),
    "NIHII-LABO": _("Laboratory"),
    "NIHII-RETIREMENT": _("Residential care home"),
    "NIHII-OTD_PHARMACY": _("Pharmacists' tariff office"),
    "NIHII-HOSPITAL": _("Hospital"),
    "NIHII-GROUP": _("Group of nurses"),
    "EHP": _("eHealth partner (EHP)"),
    "NIHII-PALLIATIVE_CARE": _("Palliative care"),
    "NIHII-OFFICE_DENTISTS": _("Dental practice"),
    "NIHII-MEDICAL_HOUSE": _("Community health centre"),
    "NIHII-OFFICE_DOCTORS": _("Medical practice"),
    "NIHII-GROUP_DOCTORS": _("Group of physicians"),
    "NIHII-OF_BAND": _("Practice of bandagists"),
    "NIHII-PSYCH_HOUSE": _("Psychiatric care home"),
    "NIHII-PROT_ACC": _("Sheltered housing"),
    "NIHII-HOME_SERVICES": _("Home care services"),
    "NIHII-OF_PHYSIOS": _("Physiotherapy practice"),
    "SITE": _("Hospital site"),
    "SITESMUR": _("Mobile emergency group (SMUR)"),
    "SITEPIT": _("Paramedic intervention team (PIT)"),
    "CBE-CONSORTIUM": _("Consortium"),
    "NIHII-GUARD_POST": _("Out-of-hours post"),
    "EHP-CTRL_ORGANISM": _("Control body"),
    "NIHII-BELRAI": _("BelRAI organisation"),
    "NIHII-BELRAI_SCREEN": _("BelRAI screening organisation"),
    "NIHII-GROUP_MIDWIVES": _("Group of midwives"),
    "NIHII-AMBU_SERVICE": _("Ambulance service"),
    "NIHII-LEGAL_PSY": _("Forensic psychiatric centre"),
    "NIHII-REEDUCATION": _("Rehabilitation centre"),
    "NIHII-SORTING_CENTER": _("Triage centre"),
}

KEY_STORE_SOFTWARE: dict[str, Text] = {
    "connector-4": _("eHealth connector up to 4.0.2, and medical software built on it"),
    "certificate-manager": _("eHealth Certificate Manager, the platform's own application"),
    "java-old": _("Other software on Java of before July 2021 (8u301, 11.0.12)"),
    "java": _("Software on a later Java"),
    "openssl": _("Web servers and services with OpenSSL 1.1 or later"),
    "windows-old": _("Windows before Windows 10 (1709) or Server 2019"),
    "windows": _("Later Windows"),
    "macos": _("Keychain of macOS"),
    "other": _("Something else, or I do not know"),
}

KEY_STORE_FORMATS: dict[str, Text] = {
    "legacy": _("They open everywhere (3DES)."),
    "modern": _("They are strongly encrypted (AES-256); older software does not open them."),
}

ACTIONS: dict[str, Text] = {
    "person_added": _("Person added"),
    "ssin_viewed": _("National number looked at"),
    "identifier_added": _("Number added"),
    "mandate_given": _("Mandate registered"),
    "mandate_withdrawn": _("Mandate withdrawn"),
    "organisation_added": _("Organisation added"),
    "invitation_made": _("Invited to a role"),
    "invitation_sent": _("Invitation sent by mail"),
    "invitation_renewed": _("Invitation sent again"),
    "invitation_declined": _("Invitation declined"),
    "invitation_withdrawn": _("Invitation withdrawn"),
    "key_store_software_chosen": _("Software that loads new key stores chosen"),
    "role_given": _("Role given"),
    "role_taken": _("Role taken away"),
    "webhook_made": _("Webhook made"),
    "webhook_changed": _("Webhook changed"),
    "webhook_secret_rotated": _("Webhook given another secret"),
    "webhook_stopped": _("Webhook stopped"),
    "webhook_resumed": _("Webhook tells again"),
    "webhook_ended": _("Webhook ended"),
    "feed_made": _("Calendar feed made"),
    "feed_revoked": _("Calendar feed revoked"),
    "feed_ended": _("Calendar feed ended: its maker lost the right to it"),
    "connection_made": _("Connection made"),
    "connection_secret_made": _("New secret for a connection"),
    "connection_secret_ended": _("Secret of a connection ended"),
    "connection_ended": _("Connection ended"),
    "person_left": _("Person marked as having left"),
    "person_returned": _("Person marked as being back"),
    "device_enrolled": _("Workstation enrolled"),
    "device_withdrawn": _("Workstation withdrawn"),
    "device_linked": _("Holder agreed that the workstation works for the organisation"),
    "device_unlinked": _("Workstation no longer works for the organisation"),
    "number_proven": _("Number proven"),
    "number_waits": _("Number waits for the operator: another organisation has proven it"),
    "number_claimed_elsewhere": _("Another organisation wrote down the same number"),
    "number_proven_elsewhere": _("Another organisation has proven the same number too"),
    "number_declined": _("Number declined by the operator"),
    "number_declined_elsewhere": _("Another organisation's claim to the same number was declined"),
    "number_removed_elsewhere": _("Another organisation took the same number off its list"),
    "identifier_removed": _("Number removed"),
    "request_made": _("Certificate requested"),
    "request_awaiting_device": _("Waiting for a workstation of the holder"),
    "request_awaiting_contract": _("Contract being fetched"),
    "request_awaiting_signature": _("Contract received, offered to the holder"),
    "request_signed": _("Signed by the holder"),
    "request_submitting": _("Being sent to the government"),
    "request_not_sent": _("The government could not be reached; nothing was sent"),
    "request_not_received": _("The government says that it received nothing; sent again"),
    "request_outcome_unknown": _("No clear answer to the sending; being asked for"),
    "request_awaiting_certificate": _("Received by the government"),
    "request_issued": _("Certificate issued"),
    "request_completed": _("Certificate in the key store"),
    "request_rejected": _("Request refused by the government"),
    "request_declined": _("Holder declined to sign"),
    "request_cancelled": _("Request cancelled"),
    "request_gave_up": _("Stopped asking"),
    "request_unsigned": _("Nobody signed in time"),
    "key_store_confirmed": _("Key store confirmed by the workstation"),
    "token_asked": _("Making of a token asked for"),
    "token_found": _("Encryption token found in the depot"),
    "token_started": _("Encryption token begun"),
    "token_registered": _("Encryption token registered"),
    "token_stored": _("Token's key confirmed in the key store"),
    "token_activation_asked": _("Activation of the token asked for"),
    "token_check_asked": _("Self test of the token asked for"),
    "token_activated": _("Encryption token activated"),
    "reminder_sent": _("Reminder sent by mail"),
    "contact_defaults_kept": _("Contact data of requests changed"),
    "notice_acknowledged": _("Said that somebody takes care of it"),
    "notice_rules_kept": _("Rules of notices changed"),
    "notice_rules_removed": _("Rules of notices removed"),
    "quiet_hours_kept": _("Quiet hours changed"),
    "correspondent_added": _("Address outside added to those that are told"),
    "correspondent_agreed": _("Address outside agreed to be told"),
    "correspondent_ended": _("Address outside is told no more"),
    "certificate_muted": _("Notices of a certificate silenced"),
    "certificate_unmuted": _("Notices of a certificate told again"),
    "token_reminder": _("Reminder by mail: the token waits for its activation"),
    "token_replaced": _("Encryption token replaced by a newer one"),
    "continuity_proven": _("Self test passed: messages can be opened"),
    "continuity_not_proven": _("Self test not passed"),
    "login_proven": _("Self test passed: the certificate logs in"),
    "login_not_proven": _("Self test not passed: the certificate does not log in"),
    "certificate_requested": _("Certificate taken into the inventory"),
    "certificate_imported": _("Certificate imported"),
    "certificates_imported": _("Import taken in"),
    "certificate_recognised": _("Authority of a certificate recognised"),
    "certificate_found_good": _("Certificate confirmed as not revoked"),
    "certificate_found_revoked": _("Certificate found revoked"),
    "certificate_found_on_hold": _("Certificate found suspended"),
    "certificate_hold_lifted": _("Suspension of the certificate lifted"),
    "revocation_cancelled": _("Revocation cancelled"),
    "inquiry_cancelled": _("Look into the government's records cancelled"),
    "renewal_asked": _("Renewal requested"),
    "installation_found": _("Installation found"),
    "installation_gone": _("Installation gone"),
    "installation_accepted": _("Installation of the old certificate accepted"),
    "certificate_tagged": _("Tag given"),
    "certificate_untagged": _("Tag taken away"),
    "certificate_given": _("Owner named"),
    "certificate_given_to_nobody": _("Owner taken away"),
    "note_written": _("Note written"),
    "note_removed": _("Note removed"),
    "view_shared": _("View of the certificates shared"),
    "view_removed": _("Shared view of the certificates removed"),
    "service_targets_set": _("Targets for the government's services set"),
    "switch_confirmed": _("Switch to the new certificate confirmed"),
    "certificate_recorded": _("Certificate taken over from the government's records"),
    "certificate_shared": _("Owner lets the organisation see the certificate"),
    "certificate_unshared": _("Owner took the agreement back"),
    "records_asked": _("Government's records: question asked"),
    "records_read": _("Government's records: answer read"),
    "records_declined": _("Government's records: holder declined to ask"),
    "records_cancelled": _("Government's records: question withdrawn"),
    "records_failed": _("Government's records: question refused"),
    "proposal_accepted": _("Proposal of the government's records taken over"),
    "proposal_dismissed": _("Proposal of the government's records left aside"),
    "government_told": _("The government told where it stands"),
    "paper_drafted": _("Paper drawn up"),
    "paper_sent": _("Paper sent"),
    "paper_accepted": _("Paper accepted"),
    "paper_ended": _("Paper ended"),
    "paper_copy_kept": _("Signed copy kept"),
    "paper_read": _("Paper looked at"),
    "foreign_made": _("Certificate for a foreign care provider requested"),
    "certificate_handed_out": _("Personal certificate handed out"),
    "foreign_prepared": _("Preparation file handed out"),
    "foreign_ready": _("Certification request received and checked"),
    "foreign_submitting": _("Being sent to the government"),
    "foreign_not_sent": _("The government could not be reached; nothing was sent"),
    "foreign_not_received": _("The government says that it received nothing; sent again"),
    "foreign_outcome_unknown": _("No clear answer to the sending; being asked for"),
    "foreign_awaiting_confirmation": _("Received by the government; the identity has to be confirmed"),
    "foreign_reminder": _("Reminder: three days left to confirm the identity"),
    "foreign_awaiting_certificate": _("Identity confirmed, says the person"),
    "foreign_unconfirmed": _("Identity not confirmed after all, says the person"),
    "foreign_issued": _("Certificate issued"),
    "foreign_completed": _("Key store opens, says the person"),
    "foreign_lapsed": _("Deadline passed without confirmation"),
    "foreign_rejected": _("Request refused by the government"),
    "foreign_cancelled": _("Request cancelled"),
    "foreign_gave_up": _("Stopped asking"),
    "revocation_asked": _("Revocation asked"),
    "revocation_awaiting_device": _("Waiting for a workstation of the holder"),
    "revocation_awaiting_contract": _("Contract being fetched"),
    "revocation_awaiting_signature": _("Contract received, offered to the holder"),
    "revocation_signed": _("Signed by the holder"),
    "revocation_submitting": _("Being sent to the government"),
    "revocation_not_sent": _("The government could not be reached; nothing was sent"),
    "revocation_not_received": _("The government says that it received nothing; sent again"),
    "revocation_outcome_unknown": _("No clear answer to the sending; being asked for"),
    "revocation_awaiting_evidence": _("Taken by the government; confirmation from outside awaited"),
    "revocation_completed": _("Revocation confirmed from outside"),
    "revocation_rejected": _("Revocation refused by the government"),
    "revocation_declined": _("Holder declined to sign"),
    "revocation_gave_up": _("Stopped asking"),
    "revocation_unsigned": _("Nobody signed in time"),
    "token_revoked": _("Encryption token ended with its certificate"),
    "software_listed": _("Software put on the list for a certificate of the platform"),
    "software_unlisted": _("Software taken off the list for a certificate of the platform"),
    "software_prepared": _("Software prepared for a certificate of the platform"),
    "software_unprepared": _("Software not prepared after all for a certificate of the platform"),
}
"""By action of the record; the keys are those that the services write."""

FACTS: dict[str, Text] = {
    "person": _("person"),
    "name": _("name"),
    "member": _("member"),
    "reminder": _("about"),
    "role": _("role"),
    "invited_by": _("invited by"),
    "identifier": _("number"),
    "holder": _("holder"),
    "environment": _("environment"),
    "application_id": _("ApplicationId"),
    "reason": _("reason"),
    "tag": _("tag"),
    "scopes": _("is allowed"),
    "hint": _("secret that ends in"),
    "device": _("workstation"),
    "machine": _("machine"),
    "path": _("file"),
    "label": _("workstation"),
    "format": _("format"),
    "software": _("software"),
    "package": _("software"),
    "day": _("on"),
    "starts_on": _("from"),
    "ends_on": _("until"),
    "withdrawn_on": _("from"),
    "left_on": _("from"),
    "codes": _("answer"),
    "fingerprint": _("SHA-256"),
    "public_key_identifier": _("key"),
    "about": _("about"),
    "field": _("field"),
    "proposals": _("proposals"),
    "government_status": _("state"),
    "revocation_reason": _("reason"),
    "source": _("source"),
    "voucher": _("proven"),
    "other": _("other organisation"),
    "new": _("new"),
    "known": _("known before"),
    "refused": _("refused"),
    "email": _("e-mail"),
    "steps": _("days before the end"),
    "hours": _("hours"),
    "host": _("server"),
}
"""Details of an event that a page shows, and what they are called."""

REASONS: dict[str, Text] = {"key_store_lost": _("the old key store or its password is lost")}
"""Reasons of a workstation that are codes."""

REVOCATION_REASONS: dict[str, Text] = {
    "keyCompromise": _("The key may be in the wrong hands"),
    "affiliationChanged": _("The organisation or its name has changed"),
    "superseded": _("Another certificate has taken its place"),
    "cessationOfOperation": _("It is not used any more"),
}
"""By the reason that is stored; certificates.web.revocations.words says more of each."""

REMINDERS: dict[str, Text] = {
    "renewal": _("no renewal asked for"),
    "unfinished": _("its renewal is not finished"),
    "lost": _("its key store was said to be lost"),
    "switch": _("the switch is not confirmed"),
    "ended": _("it has ended"),
    "escalation": _("nobody said that somebody takes care of it"),
    "mandate": _("the mandate ends"),
    "card": _("the certificate of the identity card ends"),
    "token": _("the token waits for its activation"),
    "signature": _("it waits for a signature"),
    "revocation": _("its revocation waits for a signature"),
    "device": _("it waits for the holder's workstation"),
    "records": _("the government's records wait for a card"),
    "deadline": _("the identity is to be confirmed"),
    "paper": _("the paper ends"),
    "number": _("another organisation wrote down the number"),
    "webhook": _("a webhook cannot be reached"),
    "declined": _("the operator declined the number"),
    "connection": _("the connection ends"),
    "trusted_change": _("what software must trust changes"),
    "trusted_list": _("a trusted list is not renewed"),
    "platform_end": _("a certificate of the platform ends"),
    "listed_end": _("an authority of a trusted list ends"),
    "platform_certificate": _("the platform takes another certificate into use"),
}
"""By the kind of a reminder."""

WITNESSES: dict[str, Text] = {
    "ocsp": "OCSP",
    "crl": "CRL",
    "certificate_info": _("the government's record"),
    "authority": _("an authority above it was revoked"),
}
"""Who told that a certificate is revoked."""

ENVIRONMENTS: dict[str, Text] = {"production": _("Production"), "acceptance": _("Acceptance")}
"""By the value that is stored; acceptance is for testing only."""

PLATFORM: Text = _("the platform")


def identifier_type(code: str) -> str:
    """Return the name of an identifier type; the code itself where the government has a type that we do not know."""
    return str(IDENTIFIER_TYPES.get(code, code))
