"""The columns of the list: their words, what sorts by them, what stands in them, and choosing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.models import Carer, Caring
from certificates.selectors.filters import CertificateFilters
from certificates.selectors.listing.columns import COLUMNS, USUAL, known, moved
from certificates.selectors.listing.orders import BACK
from certificates.services.care.columns import choose_columns
from certificates.web.parts.words import SOURCES
from certificates.web.renewals.view import RenewalLine
from organisations.domain.roles import Permission
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Text

WORDS: dict[str, Text] = {
    "name": gettext_lazy("Certificate"),
    "environment": gettext_lazy("Environment"),
    "state": gettext_lazy("State"),
    "end": gettext_lazy("Ends"),
    "begun": gettext_lazy("Begun"),
    "key": gettext_lazy("Key"),
    "number": gettext_lazy("Number"),
    "holder": gettext_lazy("Holder"),
    "owner": gettext_lazy("Owner"),
    "issuer": gettext_lazy("Issuer"),
    "serial": gettext_lazy("Serial number"),
    "revocation": gettext_lazy("Revocation"),
    "source": gettext_lazy("How it came here"),
    "added": gettext_lazy("Added"),
}
SORTED_BY = {
    "name": "name",
    "environment": "environment",
    "state": "state",
    "end": "",
    "number": "identifier",
    "added": "-added",
}
"""Column to the order that it begins with."""
STEPS = {"earlier": -1, "later": 1}


@dataclass(frozen=True)
class Heading:
    """The head of a column: its word, the address that sorts by it, and how the list is sorted by it now."""

    key: str
    label: Text
    query: str | None
    sorted: str = ""
    """ascending or descending, as `aria-sort` has it; empty where another column sorts."""


def columns_of(request: TenantRequest, filters: CertificateFilters) -> tuple[str, ...]:
    """Return the columns of a page: those that its address names, else the person's, else the usual ones."""
    chosen = request.tenancy.user.inventory_columns
    return filters.named_columns or (USUAL if chosen is None else known(chosen))


def headings(shown: Sequence[str], in_use: dict[str, str]) -> list[Heading]:
    """Return the heads of the name and of the columns that are shown."""
    order = in_use.get("order", "")
    rest = {name: value for name, value in in_use.items() if name != "order"}
    found = []
    for key in ("name", *shown):
        forward = SORTED_BY.get(key)
        if forward is None:
            found.append(Heading(key, WORDS[key], None))
            continue
        now = {forward: "ascending", BACK[forward]: "descending"}.get(order, "")
        wanted = BACK[forward] if order == forward else forward
        found.append(Heading(key, WORDS[key], urlencode(rest | ({"order": wanted} if wanted else {})), now))
    return found


def choices(shown: Sequence[str]) -> list[tuple[str, Text, bool]]:
    """Return every column with its word and whether it is shown: first those that are, in their order."""
    return [
        (one, WORDS[one], one in shown) for one in (*shown, *(one for one in COLUMNS if one not in shown))
    ]


@dataclass(frozen=True)
class Besides:
    """What stands in columns of a line that its row does not say."""

    owner: str
    issuer: str
    source: Text


def besides(lines: Sequence[RenewalLine], shown: Sequence[str]) -> dict[UUID, Besides]:
    """Return for each certificate of a page who answers for it, and its other words."""
    rows = [line.row.certificate for line in lines]
    owners: dict[UUID, str] = {}
    if "owner" in shown and rows:
        carers = Carer.objects.filter(certificate__in=[one.pk for one in rows], caring=Caring.OWNER)
        owners = {one.certificate_id: one.user.full_name for one in carers.select_related("user")}
    return {
        one.pk: Besides(owners.get(one.pk, ""), issuer_of(one.issuer), SOURCES[one.source]) for one in rows
    }


def issuer_of(name: str) -> str:
    """Return the common name in an issuer's name, or the whole of it."""
    first = next((part for part in name.split(",") if part.upper().startswith("CN=")), "")
    return first[3:] or name


@page(Permission.SEE_INVENTORY, methods=("POST",))
def columns_choose(request: TenantRequest) -> HttpResponse:
    """Keep which columns the list shows to this person; a button beside one moves it."""
    in_use = CertificateFilters(
        QueryDict(request.POST.get("query", "")[:1000]), request.tenancy.organisation, timezone.now()
    ).in_use
    if "usual" in request.POST:
        wanted: tuple[str, ...] = USUAL
    else:
        wanted = known(request.POST.getlist("column"))
        for step, by in STEPS.items():
            if name := request.POST.get(step, ""):
                wanted = moved(wanted, name, by)
    choose_columns(request.tenancy.user, wanted)
    if not STEPS.keys() & request.POST.keys():
        messages.success(request, _("The list shows these columns to you from now on."))
    rest = {name: value for name, value in in_use.items() if name != "columns"}
    open_still = {"arrange": "columns"} if STEPS.keys() & request.POST.keys() else {}
    return redirect(f"{reverse('inventory')}?{urlencode(rest | open_still)}#columns")
