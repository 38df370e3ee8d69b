"""Which kept answers may serve one judgement, and how what is missing is fetched, verified and kept."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko_certvalidator.authority import Authority, AuthorityWithCert

from certificates.trust.calls import NOT_MODIFIED, Calls
from certificates.trust.kept_answers import Answers, Edition, Kept, Key, Sharing, Sort, Validators, answers
from certificates.trust.revocation import UNREADABLE, ends_of_answer, may_be_read
from organisations.domain.identifiers import mask_ssins
from outside.http import Answer

HEADERS = {"Accept": "application/pkix-crl", "User-Agent": "ehportal"}
LONGEST_VALIDATOR = 200
"""An ETag that is longer is not sent back: the list is fetched whole then."""

log = structlog.get_logger("certificates.trust")


class Shelf:
    """The kept answers as one judgement may use them: `leaf` is the certificate that it is about."""

    def __init__(
        self,
        leaf: asn1_x509.Certificate,
        issuers: Sequence[asn1_x509.Certificate],
        sharing: Sharing,
        kept: Answers | None = None,
    ) -> None:
        self._leaf = leaf.sha256
        self._issuers = issuers
        self._sharing = sharing
        self._kept = kept or answers()

    def list_for(self, url: str, certificate: asn1_x509.Certificate) -> bytes | None:
        """Return the kept list of an address, of an issuer of `certificate` that we know."""
        if not self._may_serve(certificate, Sharing.LISTS):
            return None
        now = datetime.now(UTC)
        found = (self._kept.get(key, now) for key in self._keys_of(url, certificate))
        return next((one for one in found if one is not None), None)

    def fetch_list(self, url: str, certificate: asn1_x509.Certificate, calls: Calls) -> bytes:
        """Return the list of an address, fetched by one of all who want it at once, and kept for the others.

        Raises requests.RequestException, ValueError.
        """
        keys = self._keys_of(url, certificate)
        if self._sharing is Sharing.NOTHING or not keys:
            return content_of(calls.call("GET", url, HEADERS))
        if not self._may_serve(certificate, Sharing.LISTS):  # this one is asked about anew
            return fetch_list(url, keys, calls, self._kept)
        with self._kept.only_one(url):
            # Whoever had to wait finds what the other one fetched.
            return self.list_for(url, certificate) or fetch_list(url, keys, calls, self._kept)

    def answer_for(self, certificate: asn1_x509.Certificate, authority: Authority) -> bytes | None:
        """Return the kept answer about an authority; of the leaf itself none is ever kept."""
        if not self._may_serve(certificate, None) or not isinstance(authority, AuthorityWithCert):
            return None
        return self._kept.get(_answer_key(certificate, authority.certificate), datetime.now(UTC))

    def keep_answer(
        self, certificate: asn1_x509.Certificate, authority: Authority, found: asn1_ocsp.OCSPResponse
    ) -> None:
        """Keep an answer about an authority that its issuer, or a responder of it, signed."""
        if not self._may_serve(certificate, None) or not isinstance(authority, AuthorityWithCert):
            return
        now = datetime.now(UTC)
        ends = ends_of_answer(found, certificate, authority.certificate, now)
        if ends is not None:
            key = _answer_key(certificate, authority.certificate)
            self._kept.keep(key, found.dump(), ends=ends, now=now)

    def _may_serve(self, certificate: asn1_x509.Certificate, for_leaf: Sharing | None) -> bool:
        if certificate.sha256 == self._leaf:
            return for_leaf is not None and self._sharing >= for_leaf
        return self._sharing >= Sharing.ABOVE

    def _keys_of(self, url: str, certificate: asn1_x509.Certificate) -> list[Key]:
        """Return under what a list may be kept; an address that names a person is kept nowhere."""
        if mask_ssins(url) != url:
            return []
        return [list_key(url, one) for one in self._issuers if one.subject == certificate.issuer]


def fetch_list(url: str, keys: Sequence[Key], calls: Calls, kept: Answers) -> bytes:
    """Ask an address for a newer list than the one that is kept under a key, if any; return the newest (DER).

    It is kept where an issuer signed it and it names its next one; what came is returned in any case, to be judged by
    who asked. Raises requests.RequestException, ValueError.
    """
    known = next(((key, one) for key in keys if (one := kept.known(key)) is not None), None)
    asked = _conditions(known[1]) if known is not None else {}
    answer = calls.call("GET", url, HEADERS | asked, known=bool(asked))
    if answer.status == NOT_MODIFIED and known is not None:
        kept.confirm(known[0], datetime.now(UTC))
        return known[1].content
    content = content_of(answer)
    now = datetime.now(UTC)
    try:
        read = x509.load_der_x509_crl(content)
        edition = edition_of(read)
        signed = [key for key in keys if may_be_read(read, asn1_x509.Certificate.load(key.issuer))]
    except UNREADABLE:
        return content
    if edition is None or edition.begins > now or not signed:
        return content
    newest = kept.keep(
        signed[0], content, ends=edition.ends, now=now, edition=edition, validators=_validators(answer)
    )
    if newest != content:
        log.warning("older_list_refused", host=url.split("/")[2], begins=edition.begins.isoformat())
        kept.confirm(signed[0], now)
    return newest


def edition_of(crl: x509.CertificateRevocationList) -> Edition | None:
    """Return which one of its issuer's lists it is; None where it names no next one."""
    if crl.next_update_utc is None:
        return None
    try:
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        number = None
    return Edition(crl.last_update_utc, crl.next_update_utc, number)


def content_of(answer: Answer) -> bytes:
    """Return the list (DER) of an answer; some publish PEM. Raises ValueError."""
    content = answer.content
    if pem.detect(content):
        _name, _headers, content = pem.unarmor(content)
    asn1_crl.CertificateList.load(content)
    return content


def list_key(url: str, issuer: asn1_x509.Certificate) -> Key:
    """Return under what an issuer's list from an address is kept."""
    return Key(Sort.LIST, url, _key_digest(issuer), issuer.dump())


def _answer_key(certificate: asn1_x509.Certificate, issuer: asn1_x509.Certificate) -> Key:
    return Key(Sort.ANSWER, certificate.sha256.hex(), _key_digest(issuer), issuer.dump())


def _key_digest(issuer: asn1_x509.Certificate) -> bytes:
    return hashlib.sha256(issuer.public_key.dump()).digest()


def _conditions(kept: Kept) -> dict[str, str]:
    """Return what asks a server only for what is newer than `kept`."""
    told = {"If-None-Match": kept.validators.etag, "If-Modified-Since": kept.validators.last_modified}
    return {name: value for name, value in told.items() if value}


def _validators(answer: Answer) -> Validators:
    told = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Validators(*(one if _may_be_sent(one) else "" for one in told))


def _may_be_sent(value: str) -> bool:
    return len(value) <= LONGEST_VALIDATOR and value.isascii() and value.isprintable()
