"""Validating certificates: a path to an anchor, and revocation. RFC 5280 path validation by pyhanko-certvalidator.

A path is first built and its signatures checked without any network, so that a stranger's certificate cannot make us
fetch addresses of its choosing; only a certificate of a trusted issuer has its OCSP responder and CRL asked. Then the
certificate itself is asked about, on its own (revocation.py), and last the whole path.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog
from asgiref.sync import async_to_sync
from asn1crypto import x509 as asn1_x509
from celery.exceptions import SoftTimeLimitExceeded
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import settings
from pyhanko_certvalidator import CertificateValidator, errors
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.fetchers import Fetchers

from agent.wire.limits import CLOCK_TOLERANCE
from agent.wire.pki.unreadable import ANY_FAILURE, UNREADABLE
from certificates.domain.revocation import HOLD, Witness
from certificates.trust.anchors import asn1_of, is_root
from certificates.trust.calls import Calls
from certificates.trust.fetching import fetchers_of
from certificates.trust.kept_answers import Sharing
from certificates.trust.revocation import REASONS, told_of
from certificates.trust.shelf import Shelf
from outside.deadline import within
from outside.leave import CallForbidden

MOST_ISSUERS, MOST_TRIED = 6, 40
"""How many issuers one path may be chosen from, and how many of one name are tried: the time that the library takes
grows exponentially with authorities that issued each other."""


CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
"""Curves that authorities use. A signature on another one takes up to a hundred times as long to verify."""

log = structlog.get_logger("certificates.trust")


class Issuers:
    """Certificates that may stand between a leaf and an anchor; only those that really signed are ever offered."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        # Names are compared by their values: authorities write one text as PrintableString here and UTF8String there.
        self._by_subject: dict[x509.Name, list[x509.Certificate]] = {}
        for certificate in certificates:
            try:
                names = certificate.subject, certificate.issuer
            except UNREADABLE:
                continue  # what cannot be read stands above nobody
            if names[0] != names[1]:
                self._by_subject.setdefault(names[0], []).append(certificate)

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
class Silence:
    """Since when a service that should have been asked does not answer, and when it is asked again."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Verdict:
    """The outcome and, for a revoked certificate, since when, who said so, and why (RFC 5280 5.3.1, may be empty).

    `silence` tells of a status that is not known because somebody was not even asked.
    """

    trust: Trust
    revoked_at: datetime | None = None
    source: Witness | None = None
    reason: str = ""
    silence: Silence | None = None

    @property
    def is_on_hold(self) -> bool:
        """True where the certificate itself is only suspended (certificateHold): that may be lifted."""
        return self.trust is Trust.REVOKED and self.reason == HOLD


def _context(
    others: Sequence[asn1_x509.Certificate],
    anchors: Iterable[bytes],
    *,
    fetchers: Fetchers | None,
    moment: datetime | None = None,
) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(anchor) for anchor in anchors if is_root(anchor)],
        other_certs=others,
        allow_fetching=fetchers is not None,
        moment=moment,
        fetchers=fetchers,
        time_tolerance=CLOCK_TOLERANCE if fetchers is not None else timedelta(seconds=1),
        revocation_mode="require" if fetchers is not None else "soft-fail",
    )


async def _judge(
    certificate: asn1_x509.Certificate,
    others: Sequence[asn1_x509.Certificate],
    anchors: Sequence[bytes],
    *,
    check_revocation: bool,
    moment: datetime | None,
    calls: Calls,
    sharing: Sharing,
) -> Verdict:
    """Path by signature and date; then the certificate on its own; then everything together."""
    path = await CertificateValidator(
        certificate, others, _context(others, anchors, fetchers=None, moment=moment)
    ).async_validate_path()
    if not check_revocation:
        return Verdict(Trust.TRUSTED)
    # What was fetched for the certificate is not fetched again for its path.
    known = [*others, *(asn1_x509.Certificate.load(anchor) for anchor in anchors)]
    fetchers = fetchers_of(calls, Shelf(certificate, known, sharing))
    issuer = path.find_issuing_authority(certificate)
    if isinstance(issuer, AuthorityWithCert):
        told = await told_of(certificate, issuer.certificate, fetchers, datetime.now(UTC))
        if told is not None:
            return Verdict(Trust.REVOKED, told.revoked_at, told.witness, told.reason)
    await CertificateValidator(
        certificate, others, _context(others, anchors, fetchers=fetchers)
    ).async_validate_path()
    return Verdict(Trust.TRUSTED)


def validate(
    certificate: x509.Certificate,
    intermediates: Iterable[x509.Certificate],
    anchors: Sequence[bytes],
    *,
    check_revocation: bool,
    moment: datetime | None = None,
    sharing: Sharing = Sharing.NOTHING,
) -> Verdict:
    """Judge `certificate` against `anchors` (DER) now, or at `moment` where revocation is not asked.

    `sharing` says which answers may be those that were fetched for another certificate. All that is asked together
    takes REVOCATION_DEADLINE at most. Call outside transactions where revocation is asked.

    Never raises for what a certificate says, whatever the libraries make of it, a panic of theirs too: what they
    stumble over is not trusted.
    OCSP is asked first, the CRL where it does not answer. A signed "revoked" about the certificate itself counts
    whatever is heard of those above it; "trusted" needs all of them.
    """
    known = [x509.load_der_x509_certificate(anchor) for anchor in anchors if not is_root(anchor)]
    calls = Calls()
    try:
        leaf = asn1_of(certificate)
        others = [asn1_of(issuer) for issuer in Issuers([*known, *intermediates]).above(certificate)]
        with within(settings.REVOCATION_DEADLINE):
            return async_to_sync(_judge)(
                leaf,
                others,
                anchors,
                check_revocation=check_revocation,
                moment=moment,
                calls=calls,
                sharing=sharing,
            )
    except (errors.ExpiredError, errors.NotYetValidError):
        return Verdict(Trust.OUT_OF_DATE)
    except errors.RevokedError as error:
        why = REASONS.get(error.reason.native or "", "")
        if why == HOLD:
            # Of an authority: it may be lifted, and says nothing final about what lies below. Of the certificate:
            # it would have been told above, had nothing newer lifted it.
            return Verdict(Trust.STATUS_UNKNOWN)
        return Verdict(Trust.REVOKED, error.revocation_dt, _source_of(error), why)
    except errors.InsufficientRevinfoError:
        first = min(calls.resting, key=lambda one: one.until, default=None)
        silence = Silence(first.since, first.until) if first is not None else None
        return Verdict(Trust.STATUS_UNKNOWN, silence=silence)
    except (errors.PathError, errors.ValidationError):
        return Verdict(Trust.NOT_TRUSTED)
    except (SoftTimeLimitExceeded, CallForbidden):
        raise  # the task's time is over, or nobody may ask here: that says nothing about the certificate
    except ANY_FAILURE as error:
        # A key of another kind than its issuer's, a value that the library did not expect, numbers without end: a
        # certificate that nobody can judge must not be judged again and again, before everybody else's.
        log.warning("certificate_not_judged", error=type(error).__name__)
        return Verdict(Trust.NOT_TRUSTED)


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
    try:
        if certificate.issuer != issuer.subject:
            return False
        key, how = issuer.public_key(), certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.AsymmetricPadding):
            hashed = certificate.signature_hash_algorithm
            if hashed is None:
                return False
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, how, hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            if key.curve.name not in CURVES:
                return False
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, how)
        else:
            return False
    except UNREADABLE:
        return False
    return True
