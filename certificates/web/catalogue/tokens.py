"""Codes about encryption tokens and their depot."""

from django.utils.translation import gettext_lazy as _

from certificates.web.catalogue.entry import Caller, Entry, Group

TOKENS: tuple[Entry, ...] = (
    Entry(
        Group.TOKENS,
        ("INVALID_ENCRYPTION_KEY",),
        _("The encryption key is not of the prescribed kind (RSA of 2048 bits)."),
        _("Update the agent on the workstation and let it make the token again."),
        Caller.SUPPLIER,
        fragments=("ENCRYPTION_KEY",),
    ),
    Entry(
        Group.TOKENS,
        ("ETK_REGISTRATION_NOT_STARTED",),
        _("The registration of the token was not begun, or was begun anew in the meantime."),
        _("Start the agent on the workstation of the certificate; it begins again with the same key store."),
        Caller.HOLDER,
        fragments=("REGISTRATION_NOT_STARTED",),
    ),
    Entry(
        Group.TOKENS,
        ("INVALID_ENCRYPTION_CERTIFICATE",),
        _("The certificate that the workstation made for its encryption key is not exactly as prescribed."),
        _(
            "Let the agent make the token again. If it stays, pass the whole answer on: it names the wrong field."
        ),
        Caller.SUPPLIER,
        fragments=("ENCRYPTION_CERTIFICATE",),
    ),
    Entry(
        Group.TOKENS,
        ("ETK_ALREADY_REGISTERED",),
        _("This certificate has an encryption token already."),
        _(
            "Use the key store that holds its encryption key. If that key is lost, only a new certificate brings a new "
            "token."
        ),
        Caller.HOLDER,
        states=("ETK_ALREADY_REGISTERED", "ETK_ALREADY_THERE", "ETK_ALREADY_EXISTS"),
    ),
    Entry(
        Group.TOKENS,
        ("ETK_NOT_REGISTERED",),
        _("This certificate has no encryption token yet, so that there is nothing to activate."),
        _("Start the agent on the workstation of the certificate; it makes the token first."),
        Caller.HOLDER,
        fragments=("ETK_NOT_REGISTERED",),
    ),
    Entry(
        Group.TOKENS,
        ("ETK_ALREADY_ACTIVE",),
        _("The encryption token was activated before."),
        _("There is nothing left to do."),
        Caller.NOBODY,
        states=("ETK_ALREADY_ACTIV",),
    ),
)

DEPOT: tuple[Entry, ...] = (
    Entry(
        Group.DEPOT,
        ("ETK_NOT_FOUND",),
        _("The depot has no active token for this recipient: nobody can seal a message to it."),
        _("Let the holder make the encryption token, or activate the one that waits."),
        Caller.HOLDER,
        fragments=("ETK_NOT_FOUND", "NO_ETK"),
    ),
    Entry(
        Group.DEPOT,
        ("TOO_MANY_IDENTIFIERS",),
        _("More recipients were asked for at once than the depot answers."),
        _("This is a mistake of the software. Pass the whole answer on."),
        Caller.SUPPLIER,
        fragments=("TOO_MANY_IDENTIFIERS", "TOO_MANY_RECIPIENTS"),
    ),
)
