"""The inventory as a table for other programs: what the filters find, as CSV or as a workbook."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.wire.days import belgian_day
from certificates.models import Certificate
from certificates.models.certificate import CertificateQuerySet
from certificates.selectors.inventory import LISTED
from certificates.selectors.listing.orders import in_order
from certificates.web.inventory.listing import filters_of
from certificates.web.parts.tables import TableForm, file_of
from certificates.web.parts.words import ENVIRONMENTS, REVOCATION, STANDINGS
from organisations.domain.roles import Permission
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest

MOST_ROWS = {TableForm.CSV: 200_000, TableForm.XLSX: 20_000}
"""More does not fit into one answer; a workbook is slower to write."""
AT_ONCE = 2_000


@page(Permission.SEE_INVENTORY)
def inventory_export(request: TenantRequest) -> HttpResponse:
    """All certificates that the filters find, in their order."""
    filters = filters_of(request)
    form = TableForm.XLSX if request.GET.get("as") == TableForm.XLSX else TableForm.CSV
    found, most = filters.found, MOST_ROWS[form]
    if form is TableForm.XLSX and found[: most + 1].count() > most:
        messages.error(
            request,
            _(
                "A workbook holds at most 20,000 certificates. Narrow the list down with filters, or take the CSV."
            ),
        )
        return redirect(f"{reverse('inventory')}?{request.GET.urlencode()}")
    return export_of(in_order(found, filters.sorted_by), form)


def export_of(stretches: Sequence[CertificateQuerySet], form: TableForm) -> HttpResponse:
    """Return certificates as a file, one line each; what is too much for one is left out."""
    head = [
        *(_("ApplicationId"), _("Name"), _("Holder"), _("Type of number"), _("Number"), _("Environment")),
        *(_("State"), _("Begun"), _("Ends"), _("Revocation"), _("Key"), _("Serial number")),
        *(_("Fingerprint (SHA-256)"), _("Issuer"), _("Owner"), _("Tags")),
    ]
    day = belgian_day(timezone.now()).isoformat()
    return file_of(f"certificates-{day}", head, islice(_cells(stretches), MOST_ROWS[form]), form)


def _cells(stretches: Sequence[CertificateQuerySet]) -> Iterator[list[str]]:
    now = timezone.now()
    shown = (rows.defer(*LISTED).prefetch_related("tags", "carers__user") for rows in stretches)
    for one in chain.from_iterable(rows.iterator(chunk_size=AT_ONCE) for rows in shown):
        yield [
            *(
                one.application_id,
                one.common_name,
                one.holder_name,
                one.identifier_type,
                one.identifier_value,
            ),
            *(str(ENVIRONMENTS[one.environment]), str(STANDINGS[one.standing(now)])),  # type: ignore[index]  # their values
            *(_day(one.not_before), _day(one.not_after), str(REVOCATION[one.revocation_status])),  # type: ignore[index]  # likewise
            *(one.key_algorithm, one.serial, one.fingerprint, one.issuer),
            *(_owner(one), ", ".join(sorted(tag.text for tag in one.tags.all()))),
        ]


def _owner(certificate: Certificate) -> str:
    owners = (one.user.full_name for one in certificate.carers.all() if one.caring == "owner")
    return next(owners, "")


def _day(moment: object) -> str:
    return belgian_day(moment).isoformat()  # type: ignore[arg-type]  # a datetime of the model
