"""From a certificate to an anchor: the parts of RFC 5280 6.1 that chains of a few authorities need.

Signatures, validity, basicConstraints with path length, keyCertSign. Revocation is asked elsewhere.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.wire.errors import PathInvalid
from agent.wire.limits import MAX_CHAIN_CERTIFICATES
from agent.wire.pki.unreadable import UNREADABLE

_TRIES = 200
"""Paths that are looked at; an honest set of certificates has one."""


def path_to_anchor(
    leaf: x509.Certificate,
    pool: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    *,
    now: datetime,
) -> tuple[x509.Certificate, ...]:
    """The path from `leaf` over certificates of `pool` up to the first of `anchors`, both included.

    Raises PathInvalid: `path_expired` when there is a path, but not at this moment; `path_untrusted` otherwise.
    """
    search = _Search(pool, anchors)
    expired = False
    for path in search.paths((leaf,)):
        if all(one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in path):
            return path
        expired = True
    if expired:
        raise PathInvalid("a certificate of the path is not valid now", code="path_expired")
    raise PathInvalid("no path to an anchor")


class _Search:
    """Walks depth first over issuers; each signature is verified once, and the number of paths is bounded."""

    def __init__(self, pool: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]) -> None:
        self._pool = list(dict.fromkeys([*anchors, *pool]))
        self._anchors = frozenset(anchors)
        self._known: dict[tuple[x509.Certificate, x509.Certificate], bool] = {}
        self._left = _TRIES

    def paths(self, path: tuple[x509.Certificate, ...]) -> Iterator[tuple[x509.Certificate, ...]]:
        self._left -= 1
        if self._left < 0:
            return
        last = path[-1]
        if len(path) > 1 and last in self._anchors:
            yield path
            return
        if len(path) >= MAX_CHAIN_CERTIFICATES:
            return
        for issuer in self._pool:
            if issuer not in path and may_issue(issuer, len(path) - 1) and self._issued(last, issuer):
                yield from self.paths((*path, issuer))

    def _issued(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        pair = (certificate, issuer)
        if pair not in self._known:
            self._known[pair] = issued(certificate, issuer)
        return self._known[pair]


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` bears the issuer's name and its key signed the certificate, by no broken digest."""
    try:
        if isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
            return False
        certificate.verify_directly_issued_by(issuer)
    except UNREADABLE:
        return False
    return True


def may_issue(issuer: x509.Certificate, authorities_below: int) -> bool:
    """Whether it is an authority that may have that many authorities between itself and a leaf."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except UNREADABLE:
        return False
    within = constraints.path_length is None or authorities_below <= constraints.path_length
    return constraints.ca and usage.key_cert_sign and within


def self_issued(certificate: x509.Certificate) -> bool:
    """Whether it names itself as its issuer, as roots do."""
    return certificate.subject.public_bytes() == certificate.issuer.public_bytes()
