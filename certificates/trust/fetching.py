"""How the library that judges paths reaches the network: by our calls, with their deadlines and circuits.

Its parsing is used as it is. Only how bytes come is ours, and what need not be fetched again (kept_answers.py).
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from asgiref.sync import sync_to_async
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from django.conf import settings
from pyhanko_certvalidator.authority import Authority, AuthorityWithCert
from pyhanko_certvalidator.fetchers import Fetchers
from pyhanko_certvalidator.fetchers.api import FetchLimits
from pyhanko_certvalidator.fetchers.common_utils import (
    FetchBudget,
    crl_job_results_as_completed,
    enumerate_delivery_point_urls,
)
from pyhanko_certvalidator.fetchers.requests_fetchers.cert_fetch_client import RequestsCertificateFetcher
from pyhanko_certvalidator.fetchers.requests_fetchers.crl_client import RequestsCRLFetcher
from pyhanko_certvalidator.fetchers.requests_fetchers.ocsp_client import RequestsOCSPFetcher
from pyhanko_certvalidator.util import get_relevant_crl_dps

from certificates.trust.kept_answers import KeptAnswers, Sharing, kept_answers
from certificates.trust.revocation import UNREADABLE, ends_of_answer, may_be_read
from outside.errors import CallFailed, Resting
from outside.http import Answer, exchange
from outside.sockets import Limits

MOST_BYTES = 16 * 1024 * 1024
"""Of one list or answer: those of large authorities hold some hundred thousand entries."""


class Calls:
    """The calls of one judgement, and which hosts rest meanwhile."""

    def __init__(self) -> None:
        self.resting: list[Resting] = []

    def make(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Awaitable[Answer]:
        """Make one call, in the thread that asked for the judgement: its connection to the database is there."""
        return sync_to_async(self._make, thread_sensitive=True)(method, url, headers, body)

    def _make(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        seconds = settings.REVOCATION_TIMEOUT
        limits = Limits(connecting=seconds, silence=seconds, total=seconds)
        try:
            answer = exchange(
                method,
                url,
                body=body,
                headers=headers,
                limits=limits,
                most_bytes=MOST_BYTES,
                proxy=_proxy_for(url),
            )
        except CallFailed as error:
            if isinstance(error, Resting):
                self.resting.append(error)
            raise requests.RequestException(str(error)) from error
        if answer.status != 200:
            raise requests.RequestException(f"status code {answer.status}")
        return answer


def _proxy_for(url: str) -> str | None:
    """Return the proxy that this machine's environment names for public addresses (`http_proxy`, `no_proxy`)."""
    host = urlsplit(url).hostname or ""
    return None if proxy_bypass(host) else getproxies().get("http")


class _OurCalls:
    """What takes the place of the library's own way to the network."""

    calls: Calls
    user_agent: str

    def _get(self, url: str, *, acceptable_content_types: Iterable[str]) -> Awaitable[Answer]:
        headers = {"Accept": ",".join(acceptable_content_types), "User-Agent": self.user_agent}
        return self.calls.make("GET", url, headers)

    def _post(
        self, url: str, data: bytes, *, content_type: str, acceptable_content_types: Iterable[str]
    ) -> Awaitable[Answer]:
        accepted = ",".join(acceptable_content_types)
        headers = {"Accept": accepted, "User-Agent": self.user_agent, "Content-Type": content_type}
        return self.calls.make("POST", url, headers, data)


class _Certificates(_OurCalls, RequestsCertificateFetcher):  # type: ignore[misc]  # the library's types are loose
    def __init__(self, calls: Calls, budget: FetchBudget) -> None:
        super().__init__(budget=budget)
        self.calls = calls


class _Lists(_OurCalls, RequestsCRLFetcher):  # type: ignore[misc]  # as above
    def __init__(self, calls: Calls, budget: FetchBudget, shelf: "Shelf") -> None:
        super().__init__(budget=budget)  # type: ignore[no-untyped-call]  # as above
        self.calls, self.shelf = calls, shelf

    async def _fetch(self, cert: Any, *, use_deltas: bool) -> AsyncIterator[asn1_crl.CertificateList]:
        points = get_relevant_crl_dps(cert, use_deltas=use_deltas)
        jobs = (self._one(url, cert) for point in points for url in enumerate_delivery_point_urls(point))
        async for found in crl_job_results_as_completed(jobs):
            yield found

    async def _one(self, url: str, certificate: asn1_x509.Certificate) -> asn1_crl.CertificateList:
        kept = self.shelf.list_for(url, certificate)
        if kept is not None:
            return asn1_crl.CertificateList.load(kept)
        found: asn1_crl.CertificateList = await self._fetch_single(url)  # type: ignore[no-untyped-call]  # as above
        self.shelf.keep_list(url, certificate, found)
        return found


class _Answers(_OurCalls, RequestsOCSPFetcher):  # type: ignore[misc]  # as above
    def __init__(self, calls: Calls, budget: FetchBudget, shelf: "Shelf") -> None:
        super().__init__(budget=budget)
        self.calls, self.shelf = calls, shelf

    async def fetch(self, cert: Any, authority: Authority) -> asn1_ocsp.OCSPResponse:
        kept = self.shelf.answer_for(cert, authority)
        if kept is not None:
            return asn1_ocsp.OCSPResponse.load(kept)
        found = await super().fetch(cert, authority)
        self.shelf.keep_answer(cert, authority, found)
        return found


class Shelf:
    """The kept answers as one judgement may use them: `leaf` is the certificate that it is about."""

    def __init__(
        self,
        leaf: asn1_x509.Certificate,
        issuers: Sequence[asn1_x509.Certificate],
        sharing: Sharing,
        kept: KeptAnswers = kept_answers,
    ) -> None:
        self._leaf = leaf.sha256
        self._issuers = issuers
        self._sharing = sharing
        self._kept = kept

    def list_for(self, url: str, certificate: asn1_x509.Certificate) -> bytes | None:
        """Return the kept list of an address, of an issuer of `certificate` that we know."""
        if not self._may_serve(certificate, Sharing.LISTS):
            return None
        now = datetime.now(UTC)
        found = (self._kept.get(_key("list", url, one), now) for one in self._issuers_of(certificate))
        return next((one for one in found if one is not None), None)

    def keep_list(
        self, url: str, certificate: asn1_x509.Certificate, found: asn1_crl.CertificateList
    ) -> None:
        """Keep a list that an issuer of `certificate` signed and that names its next one."""
        if not self._may_serve(certificate, Sharing.LISTS):
            return
        now = datetime.now(UTC)
        try:
            content = found.dump()
            read = x509.load_der_x509_crl(content)
            ends, begins = read.next_update_utc, read.last_update_utc
            signers = [one for one in self._issuers_of(certificate) if may_be_read(read, one)]
        except UNREADABLE:
            return
        if ends is not None and begins <= now and signers:
            self._kept.keep(_key("list", url, signers[0]), content, ends=ends, now=now)

    def answer_for(self, certificate: asn1_x509.Certificate, authority: Authority) -> bytes | None:
        """Return the kept answer about an authority; of the leaf itself none is ever kept."""
        if not self._may_serve(certificate, None) or not isinstance(authority, AuthorityWithCert):
            return None
        return self._kept.get(_key("answer", certificate.sha256, authority.certificate), datetime.now(UTC))

    def keep_answer(
        self, certificate: asn1_x509.Certificate, authority: Authority, found: asn1_ocsp.OCSPResponse
    ) -> None:
        """Keep an answer about an authority that its issuer, or a responder of it, signed."""
        if not self._may_serve(certificate, None) or not isinstance(authority, AuthorityWithCert):
            return
        now = datetime.now(UTC)
        ends = ends_of_answer(found, certificate, authority.certificate, now)
        if ends is not None:
            key = _key("answer", certificate.sha256, authority.certificate)
            self._kept.keep(key, found.dump(), ends=ends, now=now)

    def _may_serve(self, certificate: asn1_x509.Certificate, for_leaf: Sharing | None) -> bool:
        if certificate.sha256 == self._leaf:
            return for_leaf is not None and self._sharing >= for_leaf
        return self._sharing >= Sharing.ABOVE

    def _issuers_of(self, certificate: asn1_x509.Certificate) -> list[asn1_x509.Certificate]:
        return [one for one in self._issuers if one.subject == certificate.issuer]


def _key(kind: str, what: str | bytes, issuer: asn1_x509.Certificate) -> tuple[str, str | bytes, bytes]:
    return kind, what, hashlib.sha256(issuer.public_key.dump()).digest()


def fetchers_of(calls: Calls, shelf: Shelf) -> Fetchers:
    """Return the library's three fetchers over our calls; what they fetched for one judgement is not fetched again."""
    budget = FetchBudget(FetchLimits())
    return Fetchers(
        ocsp_fetcher=_Answers(calls, budget, shelf),
        crl_fetcher=_Lists(calls, budget, shelf),
        cert_fetcher=_Certificates(calls, budget),
    )
