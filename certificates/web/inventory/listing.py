"""The list of all certificates: narrowed, in an order, page by page, with the views that people keep of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, SavedView, Tag
from certificates.selectors.filters import NEEDS_SOMEONE, CertificateFilters
from certificates.selectors.inventory import listed, total_of
from certificates.selectors.listing.columns import USUAL
from certificates.selectors.listing.orders import ORDERS
from certificates.services.care.views import remove_view, save_view
from certificates.web.inventory.columns import Besides, besides, choices, columns_of, headings
from certificates.web.parts.words import ENVIRONMENTS, NEEDS, ORDER_WORDS, STANDINGS
from certificates.web.renewals.view import RenewalLine, renewal_lines
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.selectors import identifiers_of, members_of
from organisations.services.audit import Actor
from organisations.web.forms import identifier_name
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest

FEW = 12
"""Certificates that need someone and stand above the whole list; the rest is a step away."""
MAIN = ("q", "environment", "status", "identifier", "order", "told")
"""Filters that are always in sight; the heads of the columns say the order."""


@dataclass(frozen=True)
class ViewLink:
    """A saved view as the list offers it."""

    view: SavedView
    current: bool
    removable: bool


def filters_of(request: TenantRequest, data: QueryDict | None = None) -> CertificateFilters:
    """Return the filters that an address (or a form) gives."""
    return CertificateFilters(
        request.GET if data is None else data, request.tenancy.organisation, timezone.now()
    )


@page(Permission.SEE_INVENTORY)
def inventory(request: TenantRequest) -> HttpResponse:
    """All certificates by their end, narrowed and sorted as the address says."""
    here, now = request.tenancy.organisation, timezone.now()
    filters = filters_of(request)
    after, before = request.GET.get("after"), request.GET.get("before")
    found = listed(filters.found, filters.sorted_by, after=after, before=before)
    in_use, shown = filters.in_use, columns_of(request, filters)
    narrowed = {name: value for name, value in in_use.items() if name != "columns"}
    turned = bool(after or before)
    waiting: list[Certificate] = []
    if not narrowed and not turned:
        waiting = listed(filters_of(request, QueryDict(f"status={NEEDS_SOMEONE}")).found, size=FEW + 1).rows
    lines = _with_more(renewal_lines(request.tenancy, [*waiting, *found.rows], now), shown)
    context = {
        "lines": lines[len(waiting) :],
        "waiting": lines[: min(len(waiting), FEW)],
        "more_waiting": len(waiting) > FEW,
        "chosen": {name: in_use.get(name, "") for name in filters.filters},
        "errors": [error for errors in filters.form.errors.values() for error in errors],
        "filtered": bool(narrowed),
        "narrowed_more": any(name not in MAIN for name in narrowed),
        "columns": shown,
        "headings": headings(shown, in_use),
        "choices": choices(shown),
        "are_usual": shown == USUAL,
        "of_the_view": bool(filters.named_columns),
        "arranging": request.GET.get("arrange") == "columns",
        "continued": turned,
        "query": urlencode(in_use),
        "previous": urlencode(in_use | {"before": found.previous_cursor}) if found.previous_cursor else "",
        "more": urlencode(in_use | {"after": found.next_cursor}) if found.next_cursor else "",
        "environments": [(one.value, ENVIRONMENTS[one]) for one in Environment],
        "statuses": [(NEEDS_SOMEONE, NEEDS), *((one.value, label) for one, label in STANDINGS.items())],
        "orders": [(one, ORDER_WORDS[one]) for one in ORDERS],
        "identifiers": [(str(one), identifier_name(one)) for one in identifiers_of(here)],
        "members": {one.user_id: one.user for one in members_of(here)}.values(),
        "views": _views(request, urlencode(in_use)),
    }
    return render(request, "certificates/inventory/list.html", context)


@page(Permission.SEE_INVENTORY)
def inventory_count(request: TenantRequest) -> HttpResponse:
    """How many certificates fit: a piece of the list that comes after it, since counting may take longer."""
    return render(
        request, "certificates/inventory/count.html", {"total": total_of(filters_of(request).found)}
    )


@page(Permission.SEE_INVENTORY, methods=("POST",))
def view_save(request: TenantRequest) -> HttpResponse:
    """Keep the filters of the list under a name."""
    filters = filters_of(request, QueryDict(request.POST.get("query", "")[:1000]))
    in_use = filters.in_use
    if request.POST.get("with_columns") == "yes":
        in_use["columns"] = ",".join(columns_of(request, filters))
    shared = request.POST.get("shared") == "yes"
    if shared:
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
    try:
        view = save_view(
            request.tenancy.organisation,
            request.POST.get("name", ""),
            urlencode(in_use),
            shared=shared,
            user=request.tenancy.user,
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return redirect(f"{reverse('inventory')}?{urlencode(in_use)}")


@page(Permission.SEE_INVENTORY, methods=("POST",))
def view_remove(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Forget a view: one's own, or a shared one for whoever may share."""
    view = get_object_or_404(SavedView, organisation=request.tenancy.organisation, pk=view_id)
    if view.private_to_id is None and view.made_by_id != request.tenancy.user.pk:
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
    remove_view(view, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
    return redirect("inventory")


def _views(request: TenantRequest, query: str) -> list[ViewLink]:
    mine, may_share = request.tenancy.user.pk, request.tenancy.may(Permission.REQUEST_CERTIFICATE)
    rows = SavedView.objects.filter(organisation=request.tenancy.organisation)
    return [ViewLink(one, one.query == query, one.made_by_id == mine or may_share) for one in rows]


def _with_more(
    lines: list[RenewalLine], shown: Sequence[str]
) -> list[tuple[RenewalLine, list[str], Besides]]:
    """Return each line with the tags of its certificate, and what stands in the columns beside it."""
    tags: dict[Any, list[str]] = {}
    rows = Tag.objects.filter(certificate__in=[line.row.certificate.pk for line in lines]) if lines else ()
    for tag in sorted(rows, key=lambda one: one.text):
        tags.setdefault(tag.certificate_id, []).append(tag.text)
    more = besides(lines, shown)
    keys = [line.row.certificate.pk for line in lines]
    return [(line, tags.get(key, []), more[key]) for line, key in zip(lines, keys, strict=True)]
