"""Codes about the signature, the card and the person behind it."""

from django.utils.translation import gettext_lazy as _

from certificates.web.catalogue.entry import Caller, Entry, Group

_WHAT_SIGNS = ("CERT", "EID", "CARD", "SIGNER")
"""Other things expire and are revoked too: sessions, tokens, mandates."""

SIGNING: tuple[Entry, ...] = (
    Entry(
        Group.SIGNING,
        (),
        _(
            "The application could not use the signature of the identity card. There are two causes: the card reader "
            "or its software, or a card whose Signature certificate is missing, not active or expired."
        ),
        _(
            "Run %(agent)s doctor on the workstation: it tells the causes apart. Try another card reader first. "
            "The Signature certificate must exist and bear the key usage nonRepudiation; otherwise the municipality "
            "puts that right."
        ),
        Caller.HOLDER,
        published=True,
        messages=(
            "Ongeldige handtekening identiteitskaart",
            "Signature non valable de la carte d'identité",
            "Ungültige Unterschrift des Personalausweises",
            "Invalid signature of the identity card",
        ),
    ),
    Entry(
        Group.SIGNING,
        ("INVALID_SIGNATURE",),
        _("The signature was not accepted."),
        _(
            "Try another card reader. If it stays, %(agent)s doctor tells whether the card itself is at fault."
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
        fragments=("NOT_TRUSTED",),
        states=("UNTRUSTED",),
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
        states=("EXPIRED",),
        beside=_WHAT_SIGNS,
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
        states=("REVOKED",),
        beside=_WHAT_SIGNS,
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
        _(
            "For an organisation, have the signed mandate form registered with the eHealth platform. For the own "
            "certificate of a care provider, have the profession registered in the authentic source; no mandate is "
            "needed. Then make a new request."
        ),
        Caller.CONTACT_CENTRE,
        fragments=("NOT_AUTHORIZED", "NOT_AUTHORISED", "UNAUTHORIZED", "SIGNER_NOT_AUTHORI", "MANDATE"),
    ),
)
