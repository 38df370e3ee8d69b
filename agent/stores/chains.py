"""Checking that a delivered certificate really comes from the authority: path validation to given anchors.

The parts of RFC 5280 6.1 that a chain of at most a few CAs needs: signatures, validity, basicConstraints with
path length, keyCertSign. Revocation is the server's to watch.
"""

import itertools
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from agent.errors import StoreError
from agent.wire.pki.paths import issued, may_issue
from agent.wire.pki.reading.loaded import name_of


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
        issuers = [anchor for anchor in anchors if issued(path[-1], anchor)]
        if not issuers:
            raise StoreError("certificate_untrusted")
        path.append(issuers[0])
    for depth, (certificate, issuer) in enumerate(itertools.pairwise(path)):
        if not issued(certificate, issuer) or not may_issue(issuer, depth):
            raise StoreError("certificate_untrusted")
    for certificate in path:
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise StoreError("certificate_untrusted")


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether it names itself as its issuer, as roots do; marks in a name are compared like letters."""
    return name_of(certificate, "issuer") == name_of(certificate, "subject")


def chain_within(
    leaf: x509.Certificate, held: Sequence[x509.Certificate]
) -> tuple[tuple[x509.Certificate, ...], bool]:
    """Build the chain from `leaf` up through what a store holds; tell whether it ends at a root that signed itself."""
    chain = [leaf]
    while not is_self_issued(chain[-1]):
        above = [ca for ca in held if ca not in chain and issued(chain[-1], ca)]
        if not above:
            return tuple(chain), False
        chain.append(above[0])
    return tuple(chain), issued(chain[-1], chain[-1])
