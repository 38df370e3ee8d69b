"""How the library that judges paths reaches the network: by our calls, with their deadlines and circuits.

Its parsing is used as it is. Only how bytes come is ours, and what need not be fetched again (kept_answers.py).
"""

from collections.abc import AsyncIterator, Awaitable, Iterable
from typing import Any

import requests
from asgiref.sync import sync_to_async
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import errors
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.fetchers import Fetchers
from pyhanko_certvalidator.fetchers.api import FetchLimits
from pyhanko_certvalidator.fetchers.common_utils import (
    FetchBudget,
    FetchKind,
    crl_job_results_as_completed,
    enumerate_delivery_point_urls,
)
from pyhanko_certvalidator.fetchers.requests_fetchers.cert_fetch_client import RequestsCertificateFetcher
from pyhanko_certvalidator.fetchers.requests_fetchers.crl_client import RequestsCRLFetcher
from pyhanko_certvalidator.fetchers.requests_fetchers.ocsp_client import RequestsOCSPFetcher
from pyhanko_certvalidator.util import get_relevant_crl_dps

from certificates.trust.calls import Calls
from certificates.trust.shelf import Shelf
from outside.http import Answer


async def _here(what: Any, *arguments: Any) -> Any:
    """Do it in the thread that asked for the judgement: its connection to the database is there."""
    return await sync_to_async(what, thread_sensitive=True)(*arguments)


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
    def __init__(self, calls: Calls, budget: FetchBudget, shelf: Shelf) -> None:
        super().__init__(budget=budget)  # type: ignore[no-untyped-call]  # as above
        self.calls, self.shelf = calls, shelf

    async def _fetch(self, cert: Any, *, use_deltas: bool) -> AsyncIterator[asn1_crl.CertificateList]:
        points = get_relevant_crl_dps(cert, use_deltas=use_deltas)
        jobs = (self._one(url, cert) for point in points for url in enumerate_delivery_point_urls(point))
        async for found in crl_job_results_as_completed(jobs):
            yield found

    async def _one(self, url: str, certificate: asn1_x509.Certificate) -> asn1_crl.CertificateList:
        kept = await _here(self.shelf.list_for, url, certificate)
        if kept is not None:
            return asn1_crl.CertificateList.load(kept)

        async def fetch() -> asn1_crl.CertificateList:
            self._charge(FetchKind.CRL)
            try:
                return asn1_crl.CertificateList.load(
                    await _here(self.shelf.fetch_list, url, certificate, self.calls)
                )
            except (ValueError, requests.RequestException) as error:
                raise errors.CRLFetchError("no list came") from error

        found: asn1_crl.CertificateList = await self._perform_fetch(url, fetch)  # type: ignore[no-untyped-call]  # as above
        return found


class _Answers(_OurCalls, RequestsOCSPFetcher):  # type: ignore[misc]  # as above
    def __init__(self, calls: Calls, budget: FetchBudget, shelf: Shelf) -> None:
        super().__init__(budget=budget)
        self.calls, self.shelf = calls, shelf

    async def fetch(self, cert: Any, authority: Authority) -> asn1_ocsp.OCSPResponse:
        kept = await _here(self.shelf.answer_for, cert, authority)
        if kept is not None:
            return asn1_ocsp.OCSPResponse.load(kept)
        found = await super().fetch(cert, authority)
        await _here(self.shelf.keep_answer, cert, authority, found)
        return found


def fetchers_of(calls: Calls, shelf: Shelf) -> Fetchers:
    """Return the library's three fetchers over our calls; what they fetched for one judgement is not fetched again."""
    budget = FetchBudget(FetchLimits())
    return Fetchers(
        ocsp_fetcher=_Answers(calls, budget, shelf),
        crl_fetcher=_Lists(calls, budget, shelf),
        cert_fetcher=_Certificates(calls, budget),
    )
