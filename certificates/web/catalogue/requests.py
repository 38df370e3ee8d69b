"""Codes about a request, a certificate and its end."""

from django.utils.translation import gettext_lazy as _

from certificates.web.catalogue.entry import Caller, Entry, Group

REQUESTS: tuple[Entry, ...] = (
    Entry(
        Group.REQUESTS,
        ("CERT_NOT_YET_DELIVERED", "AUTH_CERT_NOT_YET_VALID"),
        _("The certificate is being made; the authority has not delivered it yet."),
        _("We keep asking. It takes minutes, and up to ten days when somebody checks the request by hand."),
        Caller.NOBODY,
        published=True,
        fragments=("NOT_YET_DELIVERED", "NOT_YET_ISSUED", "NOT_YET_VALID", "NOT_YET_AVAILABLE"),
    ),
    Entry(
        Group.REQUESTS,
        ("DN_ALREADY_ACTIVE",),
        _("An active certificate with this name exists, and its last 90 days have not begun."),
        _("Give the new one another ApplicationId, or wait for the last 90 days of the present one."),
        Caller.ADMINISTRATOR,
        states=("ALREADY_ACTIVE",),
    ),
    Entry(
        Group.REQUESTS,
        ("DN_REQUEST_IN_PROGRESS",),
        _("The government is still examining an earlier request for this name."),
        _("Wait for the outcome of that request; it may have been made with other software."),
        Caller.NOBODY,
        states=("IN_PROGRESS", "PENDING"),
        beside=("REQUEST", "CERT", "DN"),
    ),
    Entry(
        Group.REQUESTS,
        ("CERT_REQUEST_NOT_FOUND",),
        _("The government has no request or certificate for this key."),
        _(
            "Where a request was being sent, it did not arrive and is sent again. Otherwise check the environment."
        ),
        Caller.ADMINISTRATOR,
        fragments=("REQUEST_NOT_FOUND", "CERT_NOT_FOUND", "CERTIFICATE_NOT_FOUND", "KEY_IDENTIFIER"),
    ),
    Entry(
        Group.REQUESTS,
        ("CERT_REQUEST_REFUSED", "REQUEST_REFUSED"),
        _("Somebody at the government examined the request and refused it."),
        _(
            "Ask for the reason, have it put right, and make a new request. The refused one cannot be used again."
        ),
        Caller.CONTACT_CENTRE,
        states=("REFUSED", "REJECTED", "DENIED"),
        beside=("REQUEST", "CERT"),
    ),
    Entry(
        Group.REQUESTS,
        ("KEY_ALREADY_REGISTERED",),
        _("This very key was received before."),
        _("We ask for the certificate of that key. A new request makes a new key by itself."),
        Caller.NOBODY,
        states=("KEY_ALREADY_REGISTERED", "KEY_ALREADY_USED", "KEY_ALREADY_KNOWN", "KEY_ALREADY_EXISTS"),
    ),
    Entry(
        Group.REQUESTS,
        ("INVALID_IDENTIFIER",),
        _("The number of the organisation or person is not accepted."),
        _("Check it on the organisation page, and whether its type is the right one."),
        Caller.ADMINISTRATOR,
        fragments=("IDENTIFIER",),
    ),
    Entry(
        Group.REQUESTS,
        ("UNKNOWN_ORGANIZATION",),
        _("The authentic source does not know this number."),
        _("Check it on the organisation page. If it is right, have the organisation registered first."),
        Caller.ADMINISTRATOR,
        fragments=("UNKNOWN_ORGANI", "ORGANIZATION_NOT_FOUND", "ORGANISATION_NOT_FOUND"),
    ),
    Entry(
        Group.REQUESTS,
        ("INVALID_ACTOR",),
        _("The names of the person or organisation are not complete or not as the government knows them."),
        _("Names are taken from the card. Enrol the workstation again with the holder's present card."),
        Caller.HOLDER,
        fragments=("ACTOR",),
    ),
    Entry(
        Group.REQUESTS,
        ("INVALID_APPLICATION_ID",),
        _("The ApplicationId is not accepted."),
        _("Make a new request with another one: 1 to 30 capitals, digits, hyphens or underscores."),
        Caller.ADMINISTRATOR,
        fragments=("APPLICATION_ID", "APPLICATIONID"),
    ),
    Entry(
        Group.REQUESTS,
        ("INVALID_CONTACT_DATA",),
        _("The contact data are not accepted."),
        _("Make a new request with an e-mail address and a telephone number that are in use."),
        Caller.ADMINISTRATOR,
        fragments=("CONTACT_DATA", "EMAIL", "PHONE"),
    ),
    Entry(
        Group.REQUESTS,
        ("BASE_SERVICE_NOT_AVAILABLE",),
        _("One of the chosen services is not open to this type of organisation."),
        _("Make a new request without it. The answer names the service."),
        Caller.ADMINISTRATOR,
        fragments=("BASE_SERVICE",),
    ),
    Entry(
        Group.REQUESTS,
        ("CONTRACT_MISMATCH",),
        _("The contract that was signed is not the one that the government drew up."),
        _("Make a new request, so that a new contract is drawn up and signed."),
        Caller.HOLDER,
        fragments=("CONTRACT",),
    ),
    Entry(
        Group.REQUESTS,
        ("INVALID_CSR",),
        _("The government cannot use the request that the workstation made for its key."),
        _(
            "Update the agent on the workstation and make a new request. If it stays, pass the whole answer on."
        ),
        Caller.SUPPLIER,
        fragments=("CSR", "PKCS10"),
    ),
    Entry(
        Group.REQUESTS,
        ("DN_MISMATCH",),
        _("The name in the request for the key is not the name in the contract."),
        _("Make a new request. If it stays, pass the whole answer on."),
        Caller.SUPPLIER,
        fragments=("DN_MISMATCH", "DN_NOT_MATCH", "DN_NOT_EQUAL", "SUBJECT_DN", "SUBJECT_MISMATCH"),
    ),
    Entry(
        Group.REQUESTS,
        ("CERT_NOT_REVOCABLE",),
        _(
            "Only an active certificate can be revoked: this one is not issued yet, has ended or was revoked before."
        ),
        _("When the answer says REVOKED, the revocation was done. Otherwise there is nothing to revoke."),
        Caller.NOBODY,
        fragments=("NOT_REVOCABLE", "NOT_REVOKABLE"),
        states=("ALREADY_REVOKED", "CANNOT_BE_REVOKED"),
        beside=("CERT", "KEY"),
    ),
)
