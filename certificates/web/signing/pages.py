"""The holder's pages: what waits for my card, and the one request or revocation that I came to sign."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import nh3
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from agent.wire.jobs import Contract
from certificates.selectors.records import awaiting_card_of
from certificates.selectors.requests import awaiting_signature_of
from certificates.selectors.revocations import revocations_awaiting
from certificates.services.requests.contract import contract_of
from certificates.services.revocations.contract import contract_of as revocation_contract_of
from certificates.web.parts.progress import before_signing
from certificates.web.parts.rows import request_row
from certificates.web.parts.words import BASE_SERVICES
from certificates.web.records.rows import inquiry_row
from certificates.web.requests.pages import find_request, progress_of
from certificates.web.revocations.pages import find_revocation, revocation_row
from certificates.web.revocations.pages import progress_of as revocation_progress
from organisations.domain.roles import Permission
from organisations.errors import Unreadable
from organisations.selectors import works_for
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest

TAGS = {"p", "br", "h1", "h2", "h3", "h4", "ul", "ol", "li", "strong", "b", "em", "i", "u", "table", "thead", "tbody",
        "tr", "th", "td", "div", "span", "section", "article", "dl", "dt", "dd", "blockquote", "small"}  # fmt: skip
HEADINGS = (("h4", "h6"), ("h3", "h5"), ("h2", "h4"), ("h1", "h3"))
"""The contract's headings under those of our page."""


@page(Permission.SIGN_REQUEST)
def sign_list(request: TenantRequest) -> HttpResponse:
    """Requests and revocations that wait for the signed-in holder."""
    user = request.tenancy.user
    rows = [request_row(one) for one in awaiting_signature_of(user)]
    endings = [revocation_row(one) for one in revocations_awaiting(user)]
    inquiries = [inquiry_row(one, timezone.now()) for one in awaiting_card_of(user)]
    many = len(rows) + len(endings) + len(inquiries)
    context = {
        "rows": rows,
        "endings": endings,
        "inquiries": inquiries,
        "several": many if many > 1 else 0,
        "without_device": not works_for(user, request.tenancy.organisation),
    }
    return render(request, "certificates/signing/list.html", context)


def _contract_text(contract: Contract | None) -> SafeString:
    """Return the government's contract in the page's language where it has it, cleaned of everything but text."""
    if contract is None:
        return SafeString("")
    texts = {text.lang: text.html for text in contract.texts}
    html = texts.get(get_language() or "") or next(iter(texts.values()), "")
    html = nh3.clean(html, tags=TAGS, attributes={})
    for foreign, ours in HEADINGS:
        html = html.replace(f"<{foreign}>", f"<{ours}>").replace(f"</{foreign}>", f"</{ours}>")
    return mark_safe(html)  # noqa: S308  # nh3 left only the tags above, without attributes


def _offered(progress: dict[str, Any], contract_of: Callable[[Any], Contract]) -> Contract | None:
    """Return the contract for the eyes of who signs it; None for everybody else, and while there is none.

    Where no key opens it `progress` says so.
    """
    found = progress["found"]
    if not progress["is_holder"] or found.sealed_contract is None:
        return None
    try:
        return contract_of(found)
    except Unreadable as refusal:
        progress["unreadable"] = sentence_of(refusal)
        return None


@page(Permission.SEE_INVENTORY)
def sign(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """What will be signed and the button that opens the agent; others see whose card is needed."""
    found = find_request(request, request_id)
    progress = progress_of(request, found)
    contract = _contract_text(_offered(progress, contract_of))
    context = (
        progress
        | before_signing(request, progress)
        | {
            "services": [
                BASE_SERVICES[code][0] if code in BASE_SERVICES else code
                for code in found.base_service_usages
            ],
            "contract": contract,
        }
    )
    return render(request, "certificates/signing/page.html", context)


@page(Permission.SEE_INVENTORY)
def revocation_sign(request: TenantRequest, revocation_id: UUID) -> HttpResponse:
    """Which certificate ends and why, and the button that opens the agent; others see whose card is needed."""
    progress = revocation_progress(request, find_revocation(request, revocation_id))
    contract = _contract_text(_offered(progress, revocation_contract_of))
    context = progress | before_signing(request, progress) | {"contract": contract}
    return render(request, "certificates/revocations/sign.html", context)
