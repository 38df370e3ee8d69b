"""Whether a delivered certificate really comes from the authority: path validation to given anchors.

The parts of RFC 5280 6.1 that a chain of at most a few CAs needs: signatures, validity, basicConstraints with
path length, keyCertSign. Revocation is the server's to watch.
"""

import itertools
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from agent.errors import StoreError


def verify_chain(
    chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], *, now: datetime
) -> None:
    """Check `chain` (leaf first, each signed by the next) up to one of `anchors`.

    Raises StoreError `certificate_untrusted`.
    """
    if not chain:
        raise StoreError("certificate_untrusted")
    path = list(chain)
    if path[-1] not in anchors:
        issuers = [anchor for anchor in anchors if is_issued_by(path[-1], anchor)]
        if not issuers:
            raise StoreError("certificate_untrusted")
        path.append(issuers[0])
    for depth, (certificate, issuer) in enumerate(itertools.pairwise(path)):
        if not is_issued_by(certificate, issuer) or not _may_issue(issuer, depth):
            raise StoreError("certificate_untrusted")
    for certificate in path:
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise StoreError("certificate_untrusted")


def chain_within(
    leaf: x509.Certificate, held: Sequence[x509.Certificate]
) -> tuple[tuple[x509.Certificate, ...], bool]:
    """The chain from `leaf` up through what a store holds, and whether it ends at a root that signed itself."""
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject:
        above = [ca for ca in held if ca not in chain and is_issued_by(chain[-1], ca)]
        if not above:
            return tuple(chain), False
        chain.append(above[0])
    return tuple(chain), is_issued_by(chain[-1], chain[-1])


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` bears the issuer's name and made the signature, with a hash that still counts."""
    if isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_issue(issuer: x509.Certificate, cas_below: int) -> bool:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    within = constraints.path_length is None or cas_below <= constraints.path_length
    return constraints.ca and usage.key_cert_sign and within
