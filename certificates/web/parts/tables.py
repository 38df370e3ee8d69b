"""Tables that leave as CSV for spreadsheets."""

import csv
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

STARTS_A_FORMULA = frozenset("=+-@\t\r\n|%")
"""With these a cell begins that a spreadsheet computes (OWASP, "CSV Injection")."""


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; what it says stays readable."""
    return f"'{cell}" if cell[:1] in STARTS_A_FORMULA else cell


def table_file(name: str, rows: Iterable[Sequence[str]]) -> HttpResponse:
    """Return rows as a file: UTF-8 with its mark, so that spreadsheets read the accents."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(response).writerows([defused(cell) for cell in row] for row in rows)
    return response
