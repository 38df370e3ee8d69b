"""Who signed a request: the path to the citizen root, the right key of the card, its status, its holder."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID
from lxml import etree

from deploy.sandbox.authorities import signatures
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.authorities.revocation import revoked_at
from deploy.sandbox.soap import Refusal
from deploy.sandbox.state.store import Store


@dataclass(frozen=True)
class Holder:
    """The person on an identity card, as its certificates name them."""

    ssin: str
    first_names: str
    name: str


def authenticate(request: etree._Element, purpose: str, pki: Pki, store: Store, now: datetime) -> Holder:
    """The holder of the card that signed this request with its Authentication or its Signature key.

    Raises Refusal: INVALID_SIGNATURE, CERTIFICATE_NOT_TRUSTED, CERTIFICATE_EXPIRED, WRONG_KEY_USAGE,
    CERTIFICATE_REVOKED.
    """
    chain = signatures.verify(request)
    leaf = chain[0]
    _check_path(chain, pki, now)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    has = {"Authentication": usage.digital_signature, "Signature": usage.content_commitment}
    other = "Signature" if purpose == "Authentication" else "Authentication"
    if not has[purpose] or has[other]:
        raise Refusal(
            "WRONG_KEY_USAGE", f"This request must be signed with the {purpose} key of an identity card."
        )
    if revoked_at(store, "citizen-ca", leaf.serial_number) is not None:
        raise Refusal("CERTIFICATE_REVOKED", "The certificate of the identity card has been revoked.")
    return Holder(
        _attribute(leaf, NameOID.SERIAL_NUMBER),
        _attribute(leaf, NameOID.GIVEN_NAME),
        _attribute(leaf, NameOID.SURNAME),
    )


def _check_path(chain: list[x509.Certificate], pki: Pki, now: datetime) -> None:
    """Path validation (RFC 5280 6.1) for the only path there is: leaf, citizen CA, citizen root."""
    issuer, root = pki["citizen-ca"].certificate, pki["citizen-root"].certificate
    if chain[1:] != [issuer, root]:
        raise Refusal(
            "CERTIFICATE_NOT_TRUSTED", "The chain must be that of an identity card, up to its root."
        )
    try:
        chain[0].verify_directly_issued_by(issuer)
        constraints = chain[0].extensions.get_extension_for_class(x509.BasicConstraints).value
        is_authority = constraints.ca
    except x509.ExtensionNotFound:
        is_authority = False
    except (InvalidSignature, ValueError, TypeError):
        raise Refusal(
            "CERTIFICATE_NOT_TRUSTED", "The certificate was not issued by the citizen authority."
        ) from None
    if is_authority:
        raise Refusal("CERTIFICATE_NOT_TRUSTED", "An authority's certificate cannot sign a request.")
    if any(not c.not_valid_before_utc <= now <= c.not_valid_after_utc for c in chain):
        raise Refusal("CERTIFICATE_EXPIRED", "A certificate of the chain is not valid at this moment.")


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""
