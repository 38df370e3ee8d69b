"""A large upload: how far it is, what was found, which groups are taken in, and the report of what was refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models import Consignment
from certificates.services.inventory.consignments import TAKEABLE, decide, part_of
from certificates.services.inventory.imports import PROBLEMS
from certificates.web.parts.progress import STOP_POLLING
from certificates.web.parts.tables import table_file
from certificates.web.parts.words import GROUPS
from organisations.domain.roles import Permission
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label

RESTING = frozenset({"to_decide", "done"})
"""States in which nothing moves by itself."""


@dataclass(frozen=True)
class Group:
    """One group of findings: its words, how many, whether it may be taken in, and whether it is chosen at first."""

    key: str
    label: Label
    count: int
    takeable: bool
    suggested: bool


@dataclass(frozen=True)
class Line:
    """One finding, as the preview shows it."""

    name: str
    file: str
    label: Label
    problem: str
    not_after: datetime | None


def _find(request: TenantRequest, consignment_id: UUID) -> Consignment:
    return get_object_or_404(
        Consignment,
        organisation=request.tenancy.organisation,
        uploaded_by=request.tenancy.user,
        pk=consignment_id,
    )


def _view(found: Consignment) -> dict[str, Any]:
    groups = [
        Group(key, label, found.counts[key], key in TAKEABLE, key == "new")
        for key, label in GROUPS.items()
        if found.counts.get(key)
    ]
    return {
        "found": found,
        "groups": groups,
        "takeable": any(one.takeable for one in groups),
        "refused": sum(one.count for one in groups if not one.takeable),
        "read": found.place.get("certificates", 0),
        "parked": found.parked_at is not None,
        "percent": 100 * found.parts_done // found.parts if found.parts else 0,
        "moving": found.state not in RESTING and found.parked_at is None,
        "version": f"{found.state}-{found.parts}-{found.parts_done}-{int(found.parked_at is not None)}",
    }


@page(Permission.IMPORT_CERTIFICATES, methods=("GET", "POST"))
def consignment(request: TenantRequest, consignment_id: UUID) -> HttpResponse:
    """How far it is; once it was read, its findings part by part, and which groups to take in."""
    found = _find(request, consignment_id)
    if request.method == "POST":
        groups = request.POST.getlist("group")
        if groups and not decide(found, groups, now=timezone.now()):
            messages.error(request, _("This was decided before."))
        return redirect("consignment", found.pk)
    number = request.GET.get("part", "")
    part = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    lines = [_line(one) for one in part_of(found, part)] if found.state == "to_decide" else []
    context = _view(found) | {
        "lines": lines,
        "part": part + 1,
        "before": part - 1 if part else None,
        "after": part + 1 if part + 1 < found.parts else None,
    }
    return render(request, "certificates/inventory/consignment.html", context)


@page(Permission.IMPORT_CERTIFICATES)
def consignment_status(request: TenantRequest, consignment_id: UUID) -> HttpResponse:
    """The updating part: 204 while nothing changed, 286 and a reload once somebody may decide."""
    view = _view(_find(request, consignment_id))
    if not view["moving"]:
        answer = render(
            request, "certificates/inventory/consignment_progress.html", view, status=STOP_POLLING
        )
        answer["HX-Refresh"] = "true"
        return answer
    if request.GET.get("seen") == view["version"]:
        return HttpResponse(status=204)
    return render(request, "certificates/inventory/consignment_progress.html", view)


@page(Permission.IMPORT_CERTIFICATES)
def consignment_report(request: TenantRequest, consignment_id: UUID) -> HttpResponse:
    """Every entry that is not taken in and why, as CSV for spreadsheets."""
    found = _find(request, consignment_id)
    head = (_("File"), _("Certificate"), _("Finding"), _("Reason"), "SHA-256")
    rows = [head, *_refused(found)]
    return table_file(f"import-{found.uploaded_at:%Y%m%d-%H%M}", rows)


def _refused(found: Consignment) -> Iterator[tuple[str, ...]]:
    for number in range(found.parts):
        for entry in part_of(found, number):
            group = entry.get("group")
            if group is not None and group not in TAKEABLE:
                line = _line(entry)
                yield line.file, line.name, str(line.label), line.problem, entry.get("fingerprint", "")


def _line(entry: dict[str, Any]) -> Line:
    end = entry.get("not_after")
    return Line(
        entry.get("name", ""),
        entry["file"],
        GROUPS[entry["group"]],
        str(PROBLEMS[entry["problem"]]) if "problem" in entry else "",
        datetime.fromisoformat(end) if end else None,
    )
