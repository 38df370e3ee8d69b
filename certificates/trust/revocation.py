"""What is signed about one certificate itself: a "revoked" counts, even where nothing can be heard of those above it.

The library judges a whole path or nothing: one authority whose list cannot be had hides a revocation that was told and
signed. Here only the leaf is asked about, of its own issuer. What it finds is "revoked" or nothing: "good" needs the
whole path, and is left to the library. A revocation is final (RFC 5280 5.3.1), so a list that is late, names no next
one, or names a delta that is gone still proves what it lists; certificateHold may be lifted, so it has to be current.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID
from pyhanko_certvalidator import errors
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.fetchers import Fetchers
from pyhanko_certvalidator.sig_validate import DEFAULT_SIGNATURE_VALIDATOR

from agent.wire.limits import CLOCK_TOLERANCE
from agent.wire.pki import unreadable as wire
from certificates.domain.revocation import HOLD, Witness

BROKEN_DIGESTS: Final = frozenset({"md2", "md5", "sha1"})
REASONS: Final = {flag.name: flag.value for flag in x509.ReasonFlags}
"""asn1crypto's words for the reasons of RFC 5280 5.3.1, and the RFC's own."""
REMOVED: Final = x509.ReasonFlags.remove_from_crl.value
CRITICAL_THAT_WE_READ: Final = frozenset(
    {
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
        ExtensionOID.DELTA_CRL_INDICATOR,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)
UNREADABLE: tuple[type[BaseException], ...] = (*wire.UNREADABLE, AssertionError, RuntimeError)
"""What the libraries raise over bytes that anybody on the way may have written."""
NOT_HAD: tuple[type[BaseException], ...] = (
    *(errors.OCSPValidationError, errors.CRLValidationError, requests.RequestException, OSError),
    *UNREADABLE,
)
"""The same, and what is raised where nothing comes."""
NOT_VERIFIED: tuple[type[BaseException], ...] = (errors.PSSParameterMismatch, *UNREADABLE)


@dataclass(frozen=True)
class Told:
    """One signed word about a certificate: since when, why (RFC 5280's spelling, may be empty), and by whom."""

    revoked_at: datetime
    reason: str
    witness: Witness

    @property
    def is_hold(self) -> bool:
        """True for certificateHold, which may be lifted."""
        return self.reason == HOLD


async def told_of(
    certificate: asn1_x509.Certificate, issuer: asn1_x509.Certificate, fetchers: Fetchers, now: datetime
) -> Told | None:
    """Return what is signed about `certificate` itself, of `issuer`, whose path must have been judged before.

    OCSP is asked first, the lists where it gives no clear answer. None is "not said to be revoked": never "good".
    """
    answer = await _answer(certificate, issuer, fetchers)
    if answer is not None and await _may_answer(answer, issuer, fetchers, now):
        for one in _about(answer, certificate, issuer):
            told, is_clear = _read(one, now)
            if is_clear:
                return told
    return _listed(await _lists(certificate, fetchers), certificate, issuer, now)


async def _answer(
    certificate: asn1_x509.Certificate, issuer: asn1_x509.Certificate, fetchers: Fetchers
) -> asn1_ocsp.BasicOCSPResponse | None:
    try:
        whole = await fetchers.ocsp_fetcher.fetch(certificate, AuthorityWithCert(issuer))
        return whole.basic_ocsp_response
    except NOT_HAD:
        return None


async def _lists(
    certificate: asn1_x509.Certificate, fetchers: Fetchers
) -> list[x509.CertificateRevocationList]:
    """Fetch the certificate's lists, deltas among them; one that cannot be read spoils no other."""
    found = []
    try:
        fetched = await fetchers.crl_fetcher.fetch(certificate)
    except NOT_HAD:
        return []
    for one in fetched:
        try:
            found.append(x509.load_der_x509_crl(one.dump()))
        except UNREADABLE:
            continue
    return found


def _about(
    answer: asn1_ocsp.BasicOCSPResponse, certificate: asn1_x509.Certificate, issuer: asn1_x509.Certificate
) -> Iterable[Any]:
    """Yield the single answers about this certificate of this issuer (RFC 6960 4.1.1)."""
    try:
        for one in answer["tbs_response_data"]["responses"]:
            named = one["cert_id"]
            how = named["hash_algorithm"]["algorithm"].native
            ours = (
                certificate.serial_number,
                getattr(certificate.issuer, how),
                getattr(issuer.public_key, how),
            )
            if ours == tuple(
                named[field].native for field in ("serial_number", "issuer_name_hash", "issuer_key_hash")
            ):
                yield one
    except UNREADABLE:
        return


def _read(one: Any, now: datetime) -> tuple[Told | None, bool]:
    """Return what a single answer tells, and whether it is clear: a current "good" or a "revoked" that counts."""
    try:
        begins, ends = one["this_update"].native, one["next_update"].native
        if begins > now + CLOCK_TOLERANCE:
            return None, False
        is_current = ends is not None and ends >= now - CLOCK_TOLERANCE
        status = one["cert_status"]
        if status.name != "revoked":
            return None, status.name == "good" and is_current
        since, why = (status.chosen[field].native for field in ("revocation_time", "revocation_reason"))
    except UNREADABLE:
        return None, False
    told = Told(since, REASONS.get(why or "", ""), Witness.OCSP)
    return (told, True) if is_current or ends is None or not told.is_hold else (None, False)


async def _may_answer(
    answer: asn1_ocsp.BasicOCSPResponse, issuer: asn1_x509.Certificate, fetchers: Fetchers, now: datetime
) -> bool:
    """Whether the issuer signed the answer, or a responder that it named and has not revoked (RFC 6960 4.2.2.2)."""
    try:
        enclosed = list(answer["certs"])
    except UNREADABLE:
        enclosed = []
    if _signed_by(answer, issuer):
        return True
    for responder in enclosed:
        if _delegated(responder, issuer, now) and _signed_by(answer, responder):
            if responder.ocsp_no_check_value is not None:
                return True
            told = _listed(await _lists(responder, fetchers), responder, issuer, now)
            return told is None
    return False


def _signed_by(answer: asn1_ocsp.BasicOCSPResponse, signer: asn1_x509.Certificate) -> bool:
    return _verifies(
        signer,
        answer["signature_algorithm"],
        lambda: (answer["signature"].native, answer["tbs_response_data"].dump()),
    )


def _verifies(
    signer: asn1_x509.Certificate, algorithm: Any, parts: Callable[[], tuple[bytes, bytes]]
) -> bool:
    """Whether the signer's key made a signature (signature and signed bytes), by no broken digest."""
    try:
        if _digest(algorithm) in BROKEN_DIGESTS:
            return False
        signature, signed = parts()
        DEFAULT_SIGNATURE_VALIDATOR.validate_signature(signature, signed, signer.public_key, algorithm)
    except NOT_VERIFIED:
        return False
    return True


def _digest(algorithm: Any) -> str | None:
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return None  # Ed25519 and its kind digest by themselves


def _delegated(responder: asn1_x509.Certificate, issuer: asn1_x509.Certificate, now: datetime) -> bool:
    """Whether `issuer` itself made it a responder that is in date."""
    try:
        purposes = responder.extended_key_usage_value
        begins, ends = responder.not_valid_before, responder.not_valid_after
        named = responder.issuer == issuer.subject and purposes is not None
        if not named or "ocsp_signing" not in purposes.native:
            return False
        if not begins - CLOCK_TOLERANCE <= now <= ends + CLOCK_TOLERANCE:
            return False
    except UNREADABLE:
        return False
    return _verifies(
        issuer,
        responder["signature_algorithm"],
        lambda: (responder["signature_value"].native, responder["tbs_certificate"].dump()),
    )


def _listed(
    lists: list[x509.CertificateRevocationList],
    certificate: asn1_x509.Certificate,
    issuer: asn1_x509.Certificate,
    now: datetime,
) -> Told | None:
    """Return the entry that the issuer's lists hold about the certificate; a final one outweighs a hold."""
    found: list[Told] = []
    for one in lists:
        try:
            told = _entry(one, certificate.serial_number, issuer, now)
        except UNREADABLE:
            continue
        if told is not None:
            found.append(told)
    final = [told for told in found if not told.is_hold and told.reason != REMOVED]
    if final:
        return min(final, key=lambda told: told.revoked_at)
    if any(told.reason == REMOVED for told in found):
        return None
    return found[0] if found else None


def _entry(
    crl: x509.CertificateRevocationList, serial: int, issuer: asn1_x509.Certificate, now: datetime
) -> Told | None:
    if crl.last_update_utc > now + CLOCK_TOLERANCE or not may_be_read(crl, issuer):
        return None
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None or any(one.critical and not _is_reason(one) for one in entry.extensions):
        return None
    reason = next((str(one.value.reason.value) for one in entry.extensions if _is_reason(one)), "")
    ends = crl.next_update_utc
    is_late = ends is not None and ends < now - CLOCK_TOLERANCE
    if reason == HOLD and is_late:
        return None
    return Told(entry.revocation_date_utc, reason, Witness.CRL)


def _is_reason(extension: x509.Extension[Any]) -> bool:
    return isinstance(extension.value, x509.CRLReason)


def may_be_read(crl: x509.CertificateRevocationList, issuer: asn1_x509.Certificate) -> bool:
    """Whether the issuer itself signed the list, may sign lists, and the list speaks of its own certificates."""
    authority = x509.load_der_x509_certificate(issuer.dump())
    usage = issuer.key_usage_value
    if crl.issuer != authority.subject or (usage is not None and "crl_sign" not in usage.native):
        return False
    if any(one.critical and one.oid not in CRITICAL_THAT_WE_READ for one in crl.extensions):
        return False
    for one in crl.extensions:
        point = one.value
        if isinstance(point, x509.IssuingDistributionPoint) and (
            point.indirect_crl or point.only_contains_attribute_certs
        ):
            return False
    if isinstance(crl.signature_hash_algorithm, hashes.MD5 | hashes.SHA1):
        return False
    return crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]  # a key of a kind that signs nothing raises TypeError


def ends_of_answer(
    whole: asn1_ocsp.OCSPResponse,
    certificate: asn1_x509.Certificate,
    issuer: asn1_x509.Certificate,
    now: datetime,
) -> datetime | None:
    """Return until when a clear "good" about `certificate` holds that `issuer` or its responder signed; else None."""
    try:
        answer = whole.basic_ocsp_response
        signers = [issuer, *(one for one in answer["certs"] if _delegated(one, issuer, now))]
        if not any(_signed_by(answer, signer) for signer in signers):
            return None
        for one in _about(answer, certificate, issuer):
            told, is_clear = _read(one, now)
            if told is None and is_clear:
                ends: datetime | None = one["next_update"].native
                return ends
    except UNREADABLE:
        return None
    return None
