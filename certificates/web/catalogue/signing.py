"""Codes about the signature, the card and the person behind it."""

from django.utils.translation import gettext_lazy as _

from certificates.web.catalogue.entry import Caller, Entry, Group

SIGNING: tuple[Entry, ...] = (
    Entry(
        Group.SIGNING,
        ("INVALID_SIGNATURE",),
        _("The signature was not accepted."),
        _(
            "Try another card reader. If it stays, the doctor of the agent tells whether the card itself is at fault."
        ),
        Caller.HOLDER,
        fragments=("SIGNATURE", "HANDTEKENING"),
    ),
    Entry(
        Group.SIGNING,
        ("CERTIFICATE_NOT_TRUSTED",),
        _(
            "The certificate that signed does not come from an authority that this environment trusts: a test card in "
            "production, or the other way round."
        ),
        _("Check which card and which key store were used, and for which environment."),
        Caller.HOLDER,
        fragments=("NOT_TRUSTED", "UNTRUSTED"),
    ),
    Entry(
        Group.SIGNING,
        ("CERTIFICATE_EXPIRED",),
        _(
            "The certificate that signed has ended: that of the identity card, or the eHealth certificate itself."
        ),
        _(
            "Have the identity card renewed. Where the eHealth certificate itself has ended, request a new one: an "
            "ended one cannot be renewed."
        ),
        Caller.MUNICIPALITY,
        fragments=("EXPIRED",),
    ),
    Entry(
        Group.SIGNING,
        ("CERTIFICATE_REVOKED",),
        _(
            "The certificate that signed was revoked: that of the identity card, or the eHealth certificate itself."
        ),
        _(
            "Have the certificates of the identity card activated, or the card renewed. Where the eHealth certificate "
            "itself was revoked, request a new one."
        ),
        Caller.MUNICIPALITY,
        fragments=("REVOKED",),
    ),
    Entry(
        Group.SIGNING,
        ("WRONG_KEY_USAGE",),
        _(
            "The card signed with a certificate that is not meant for this: its Signature certificate is not active."
        ),
        _("Have the Signature certificate of the card activated. It must bear the key usage nonRepudiation."),
        Caller.MUNICIPALITY,
        fragments=("KEY_USAGE", "KEYUSAGE", "NONREPUDIATION", "NON_REPUDIATION"),
    ),
    Entry(
        Group.SIGNING,
        ("SIGNER_MISMATCH",),
        _("The card that signed is not the one of the person whom the request names."),
        _("Put the right card into the reader, or make a new request for the holder who will sign."),
        Caller.HOLDER,
        fragments=("SIGNER",),
    ),
    Entry(
        Group.SIGNING,
        ("SIGNER_NOT_AUTHORIZED",),
        _("The authentic source does not know this holder's mandate or quality."),
        _("Have the signed mandate form registered with the eHealth platform, then make a new request."),
        Caller.CONTACT_CENTRE,
        fragments=("NOT_AUTHORIZED", "NOT_AUTHORISED", "UNAUTHORIZED", "SIGNER_NOT_AUTHORI", "MANDATE"),
    ),
)
