"""Tables that leave for spreadsheets: CSV, and Excel's own format."""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import chain

from django.http import HttpResponse
from xlsxwriter import Workbook

STARTS_A_FORMULA = frozenset("=+-@\t\r\n|%")
"""With these a cell begins that a spreadsheet computes (OWASP, "CSV Injection")."""

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_IN_A_CELL = 32_767
"""Characters: Excel takes no more in one cell."""


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; what it says stays readable."""
    return f"'{cell}" if cell[:1] in STARTS_A_FORMULA else cell


class TableForm(StrEnum):
    """As what a table leaves; the values end its file's name."""

    CSV = "csv"
    XLSX = "xlsx"


def file_of(name: str, head: Sequence[str], rows: Iterable[Sequence[str]], form: TableForm) -> HttpResponse:
    """Return a table as a file of this form, `head` above its rows."""
    if form is TableForm.CSV:
        return table_file(name, chain([head], rows))
    return workbook_file(name, head, rows)


def workbook_file(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """Return rows as a workbook: each cell is text, nothing is computed; written row by row beside the memory."""
    with tempfile.TemporaryFile() as file:
        with Workbook(file, {"constant_memory": True, "in_memory": False}) as book:
            sheet = book.add_worksheet()
            bold = book.add_format({"bold": True})
            sheet.freeze_panes(1, 0)
            for column, cell in enumerate(head):
                sheet.write_string(0, column, cell, bold)
                sheet.set_column(column, column, max(12, min(40, len(cell) + 4)))
            number = 0
            for number, row in enumerate(rows, 1):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell[:MOST_IN_A_CELL])
            sheet.autofilter(0, 0, number, max(0, len(head) - 1))
        file.seek(0)
        response = HttpResponse(file.read(), content_type=WORKBOOK)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def table_file(name: str, rows: Iterable[Sequence[str]]) -> HttpResponse:
    """Return rows as a file: UTF-8 with its mark, so that spreadsheets read the accents."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(response).writerows([defused(cell) for cell in row] for row in rows)
    return response
