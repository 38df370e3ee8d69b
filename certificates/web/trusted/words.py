"""The words for trusted lists, stores and the platform's certificates."""

from django.utils.translation import gettext_lazy as _

from certificates.domain.trusted import ChangeKind, ListKind, Purpose, Refusal, ServiceKind
from certificates.models.trusted.platform import Source, Use
from certificates.trust.stores.building import Form
from organisations.web.words import Label, Text

LISTS: dict[ListKind, Text] = {
    ListKind.TRANSPORT: _("Servers (transport)"),
    ListKind.PERSON: _("Certificates of people and organisations (person)"),
    ListKind.APPLICATION: _("Operators and time stamps (application)"),
}

PURPOSES: dict[Purpose, Text] = {
    Purpose.TLS: _("Servers that are called"),
    Purpose.AUTHORITIES: _("Authorities of eHealth and eID certificates"),
    Purpose.OPERATORS: _("Operators of the lists"),
    Purpose.TIMESTAMPS: _("Time stamps"),
}

PURPOSE_EXPLANATIONS: dict[Purpose, Text] = {
    Purpose.TLS: _("Software checks with it that it really speaks with the platform."),
    Purpose.AUTHORITIES: _("Software checks certificates of senders and of identity cards with it."),
    Purpose.OPERATORS: _("Software that renews its stores by itself checks the lists with it."),
    Purpose.TIMESTAMPS: _(
        "Software checks time stamps with it, old ones too: that is why those of the past stay in it."
    ),
}

SERVICES: dict[ServiceKind, Text] = {
    ServiceKind.CA: _("Authority"),
    ServiceKind.QUALIFIED_CA: _("Authority of qualified certificates"),
    ServiceKind.TIMESTAMPS: _("Time stamps"),
    ServiceKind.OPERATOR: _("Operator of lists"),
}
OTHER_SERVICE: Text = _("Another kind, shown only")

CHANGES: dict[ChangeKind, Label] = {
    ChangeKind.ADDED: Label(_("New"), "good"),
    ChangeKind.RESTORED: Label(_("Trusted again"), "good"),
    ChangeKind.WITHDRAWN: Label(_("Trusted no more"), "bad"),
    ChangeKind.GONE: Label(_("Taken off the list"), "bad"),
    ChangeKind.REPLACED: Label(_("New certificate, same key"), "warn"),
    ChangeKind.OPERATOR: Label(_("New operator"), "warn"),
    ChangeKind.UNKNOWN_STATUS: Label(_("Unknown status, not trusted"), "bad"),
    ChangeKind.EXTENSION: Label(_("Remark changed")),
}

REFUSALS: dict[Refusal, Text] = {
    Refusal.UNREACHABLE: _("It could not be fetched."),
    Refusal.HASH: _("It does not fit the digest beside it: perhaps it was being published."),
    Refusal.MALFORMED: _("It cannot be read."),
    Refusal.UNSIGNED: _("It is not signed."),
    Refusal.SIGNATURE: _("Its signature is wrong, or covers something else."),
    Refusal.STRANGER: _("Somebody signed it whom we do not know as operator."),
    Refusal.SIGNER_ENDED: _("The operator's certificate has ended."),
    Refusal.SIGNER_USAGE: _("The certificate that signed it is not made for lists."),
    Refusal.WEAK: _("It is signed by a weak method."),
    Refusal.SHAPE: _("It is not built as the standard says."),
    Refusal.AHEAD: _("It says that it was issued later than now."),
    Refusal.OVER: _("Its time is over, and no other has come."),
    Refusal.OLDER: _("It is older than the one that counts."),
    Refusal.OTHER_BYTES: _("It has the number of the one that counts and other content."),
    Refusal.OTHER_LIST: _("It is another list."),
}

FORMS: dict[Form, Text] = {
    Form.JKS: _("Java key store (.jks)"),
    Form.OLD_PKCS12: _("PKCS#12 for older software, such as the platform's connector (.p12)"),
    Form.PKCS12: _("PKCS#12 (.p12)"),
    Form.PEM: _("PEM text, without a password (.pem)"),
}

USES: dict[Use, Text] = {
    Use.TLS: _("Servers"),
    Use.SESSIONS: _("Session tokens (I.AM)"),
    Use.TIMESTAMPS: _("Time stamps"),
}

SOURCES: dict[Source, Text] = {
    Source.LIST: _("from the trusted list"),
    Source.SETTINGS: _("from the settings of this platform"),
    Source.FILE: _("from a file that the operator checked"),
}
