"""Asking for the certificate of a request until it is delivered."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from certificates.certra.errors import Rejected
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.requests.contract import contract_of
from certificates.services.requests.delivery import NOT_YET_DELIVERED, ask_for_chain, take_in
from certificates.services.signing.ask_later import ask_later, refuse
from certificates.services.signing.gateways import problem_of


def collect_certificate(request: CertificateRequest, gateway: Gateway, *, now: datetime) -> None:
    """Ask once for the certificate of a registered request, and take it when it is there.

    Call outside transactions. Raises Overtaken when another worker was first.
    """

    def refused(error: Rejected) -> None:
        if error.says(settings.CERTRA_REFUSED_CODES):
            refuse(request, error, now)
            return
        waiting = error.says(NOT_YET_DELIVERED)
        ask_later(request, None if waiting else problem_of(error, now), now)

    chain = ask_for_chain(
        request,
        gateway,
        refused=refused,
        unreachable=lambda problem: ask_later(request, problem, now),
        now=now,
    )
    if chain is not None:
        take_delivery(request, chain, now=now)


def take_delivery(request: CertificateRequest, chain: Sequence[bytes], *, now: datetime) -> None:
    """Take what was delivered for `request` into the inventory; note a wrong delivery and ask again.

    Raises Overtaken when another worker was first. Call outside transactions.
    """
    take_in(
        request,
        chain,
        dn=contract_of(request).dn,
        waiting=RequestState.AWAITING_CERTIFICATE,
        issued=RequestState.ISSUED,
        ask_again=lambda problem: ask_later(request, problem, now),
        now=now,
        owner=request.holder if request.personal else None,
        private_to=request.private_to,
    )
