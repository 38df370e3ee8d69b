"""Validating certificates: a path to an anchor, and revocation. RFC 5280 path validation by pyhanko-certvalidator.

A path is first built and its signatures checked without any network, so that a stranger's certificate cannot make us
fetch addresses of its choosing; only a certificate of a trusted issuer has its OCSP responder and CRL asked.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import settings
from pyhanko_certvalidator import CertificateValidator, errors
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from certificates.domain.revocation import Witness
from certificates.trust.anchors import asn1_of, is_root

MOST_ISSUERS, MOST_TRIED = 6, 40
"""How many issuers one path may be chosen from, and how many of one name are tried: the time that the library takes
grows exponentially with authorities that issued each other."""


class Issuers:
    """Certificates that may stand between a leaf and an anchor; only those that really signed are ever offered."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        # Names are compared by their values: authorities write one text as PrintableString here and UTF8String there.
        self._by_subject: dict[x509.Name, list[x509.Certificate]] = {}
        for certificate in certificates:
            if certificate.subject != certificate.issuer:
                self._by_subject.setdefault(certificate.subject, []).append(certificate)

    def above(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """Return the issuers of `certificate`, theirs, and so on: the nearest first, at most MOST_ISSUERS."""
        found: list[x509.Certificate] = []
        for current in self._walk(certificate, found):
            for issuer in self._by_subject.get(current.issuer, [])[:MOST_TRIED]:
                if len(found) == MOST_ISSUERS:
                    return found
                if issuer not in found and signed_by(current, issuer):
                    found.append(issuer)
        return found

    @staticmethod
    def _walk(first: x509.Certificate, found: list[x509.Certificate]) -> Iterator[x509.Certificate]:
        yield first
        yield from found  # grows while it is walked


class Trust(StrEnum):
    """What came of a validation."""

    TRUSTED = "trusted"
    NOT_TRUSTED = "not_trusted"
    OUT_OF_DATE = "out_of_date"
    REVOKED = "revoked"
    STATUS_UNKNOWN = "status_unknown"


@dataclass(frozen=True)
class Verdict:
    """The outcome and, for a revoked certificate, since when and who said so."""

    trust: Trust
    revoked_at: datetime | None = None
    source: Witness | None = None


def _validate(
    certificate: asn1_x509.Certificate,
    others: Sequence[asn1_x509.Certificate],
    anchors: Iterable[bytes],
    *,
    fetch: bool,
    moment: datetime | None = None,
) -> None:
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(anchor) for anchor in anchors if is_root(anchor)],
        other_certs=others,
        allow_fetching=fetch,
        moment=moment,
        fetcher_backend=RequestsFetcherBackend(per_request_timeout=settings.REVOCATION_TIMEOUT)
        if fetch
        else None,
        revocation_mode="require" if fetch else "soft-fail",
    )

    async def run() -> None:
        try:
            await CertificateValidator(certificate, others, context).async_validate_path()
        finally:
            await context.aclose()

    asyncio.run(run())


def validate(
    certificate: x509.Certificate,
    intermediates: Iterable[x509.Certificate],
    anchors: Sequence[bytes],
    *,
    check_revocation: bool,
    moment: datetime | None = None,
) -> Verdict:
    """Judge `certificate` against `anchors` (DER) now, or at `moment` where revocation is not asked.

    Never raises for what a certificate says; OCSP is asked first, the CRL where it does not answer.
    """
    known = [x509.load_der_x509_certificate(anchor) for anchor in anchors if not is_root(anchor)]
    try:
        leaf = asn1_of(certificate)
        others = [asn1_of(issuer) for issuer in Issuers([*known, *intermediates]).above(certificate)]
        _validate(leaf, others, anchors, fetch=False, moment=moment)
        if check_revocation:
            _validate(leaf, others, anchors, fetch=True)
    except (errors.ExpiredError, errors.NotYetValidError):
        return Verdict(Trust.OUT_OF_DATE)
    except errors.RevokedError as error:
        return Verdict(Trust.REVOKED, error.revocation_dt, _source_of(error))
    except errors.InsufficientRevinfoError:
        return Verdict(Trust.STATUS_UNKNOWN)
    except (errors.PathError, errors.ValidationError, ValueError, TypeError):
        return Verdict(Trust.NOT_TRUSTED)
    return Verdict(Trust.TRUSTED)


def _source_of(error: errors.RevokedError) -> Witness:
    """Return where the library read the revocation, OCSP or the CRL: it tells in words only."""
    if not error.is_ee_cert:
        return Witness.AUTHORITY
    return Witness.OCSP if error.failure_msg.startswith("OCSP") else Witness.CRL


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether `issuer` is named as the certificate's issuer and its key made the signature.

    Names are compared by their values, as RFC 5280 7.1 asks: authorities write one text as PrintableString here and
    as UTF8String there.
    """
    if certificate.issuer != issuer.subject:
        return False
    try:
        key, how = issuer.public_key(), certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.AsymmetricPadding):
            hashed = certificate.signature_hash_algorithm
            if hashed is None:
                return False
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, how, hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, how)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
