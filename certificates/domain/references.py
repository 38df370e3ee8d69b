"""A table of references: lines by which somebody says which certificates he knows of, read out of a stranger's CSV.

A line names a certificate by its fingerprint, by serial number and issuer, or by an organisation's number and an
ApplicationId. What is wrong with one line is said of that line; the others stand.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.wire.masking import holds_national_number
from organisations.domain.identifiers import mask_ssins

MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 2_000
MAX_CELL = 4_000
"""Characters: longer than a note may be."""
MAX_COLUMNS = 60
FIELDS = (
    *("fingerprint", "serial", "issuer", "type", "number"),
    *("application", "environment", "owner", "tags", "note"),
)
IDENTIFYING = frozenset({"fingerprint", "serial", "number", "application"})
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DELIMITERS = ";,\t|"
_NOT_HEX = re.compile(r"[^0-9a-f]")
_DEFUSED = re.compile(r"\A'(?=[=+\-@\t\r\n|%])")


class NoTable(ValueError):
    """What was sent is no table of references.

    `code` says why: not_text, no_head, too_many, too_long, broken, empty.
    """

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code)
        self.code, self.line = code, line


@dataclass(frozen=True)
class Reference:
    """One line. `problem`: fingerprint, serial, number_of_person, environment, nothing; empty where it can be read.

    `serials` are the ways to read the serial number: of digits alone nobody can tell whether they are hexadecimal.
    National numbers in `said`, what stood in the line by its columns, are masked.
    """

    line: int
    said: dict[str, str]
    fingerprint: str = ""
    serials: tuple[str, ...] = ()
    issuer: str = ""
    type: str = ""
    number: str = ""
    application: str = ""
    environment: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    problem: str = field(default="")


def text_of(content: bytes) -> str:
    """Return what a spreadsheet wrote: UTF-8, UTF-16 with its mark, else what Windows writes. Raises NoTable."""
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if "\0" in text:
        raise NoTable("not_text")
    return text


def read_table(content: bytes, names: Mapping[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Return the lines of a file with their number: column (of `FIELDS`) to cell. Raises NoTable.

    `names` says which column a head means, whatever its case.
    """
    text = text_of(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise NoTable("empty")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    _number, head = next(rows, (0, []))
    columns = [names.get(_folded(cell), "") for cell in head[:MAX_COLUMNS]]
    if not IDENTIFYING & set(columns):
        raise NoTable("no_head")
    found: list[tuple[int, dict[str, str]]] = []
    for number, row in rows:
        if len(found) == MAX_LINES:
            raise NoTable("too_many")
        if len(row) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in row):
            raise NoTable("too_long", number)
        cells: dict[str, str] = {}
        for column, cell in zip(columns, row, strict=False):
            if column and column not in cells:
                cells[column] = _DEFUSED.sub("", cell.strip())
        found.append((number, cells))
    if not found:
        raise NoTable("empty")
    return found


def _rows(reader: "Iterator[list[str]]") -> Iterator[tuple[int, list[str]]]:
    """Yield the rows in which something stands, with the number of the line on which each begins."""
    begins = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begins, row
            begins = reader.line_num + 1  # type: ignore[attr-defined]  # csv's own
    except csv.Error as error:
        raise NoTable("too_long" if "limit" in str(error) else "broken", begins) from error


def _folded(cell: str) -> str:
    return " ".join(cell.lower().split())


def reference_of(line: int, cells: Mapping[str, str], environments: Mapping[str, str]) -> Reference:
    """Return what a line says. `environments` says which environment a word means."""
    said = {name: mask_ssins(value) for name, value in cells.items() if value}
    given = {name: cells.get(name, "") for name in FIELDS}
    kind, equals, number = given["number"].partition("=")
    if not equals:
        kind, number = given["type"], given["number"]
    number = re.sub(r"[\s.\-/]", "", number)
    problem, fingerprint = "", ""
    serials: tuple[str, ...] = ()
    environment = environments.get(_folded(given["environment"]), "")
    if given["fingerprint"]:
        fingerprint = re.sub(r"[\s:\-]", "", given["fingerprint"].lower().rpartition("=")[2])
        if len(fingerprint) != 64 or _NOT_HEX.search(fingerprint):
            problem = "fingerprint"
    elif given["serial"]:
        serials = _serials(given["serial"])
        problem = "" if serials else "serial"
    elif not number and not given["application"]:
        problem = "nothing"
    elif kind.upper().strip() == "SSIN" or holds_national_number(number):
        problem, number = "number_of_person", ""
    if not problem and given["environment"] and not environment:
        problem = "environment"
    return Reference(
        line,
        said,
        fingerprint,
        serials,
        given["issuer"],
        kind.upper().strip(),
        number,
        given["application"],
        environment,
        given["owner"],
        tuple(dict.fromkeys(one.strip() for one in re.split(r"[,;|]", given["tags"]) if one.strip())),
        given["note"],
        problem,
    )


def _serials(given: str) -> tuple[str, ...]:
    """Return a serial number as hexadecimal digits without zeros before them; of decimal digits both readings."""
    plain = re.sub(r"[\s:]", "", given.lower())
    named = plain.startswith("0x")
    plain = plain.removeprefix("0x").lstrip("0")
    if not plain or len(plain) > 512 or _NOT_HEX.search(plain):
        return ()
    return (plain, f"{int(plain):x}") if not named and plain.isdecimal() else (plain,)


def same_issuer(told: str, issuer: str) -> bool:
    """Whether somebody who writes `told` means this issuer (RFC 4514): the whole name, in any order, or its CN."""
    ours, theirs = _parts(issuer), _parts(told)
    return theirs == ours or theirs == {part[3:] for part in ours if part.startswith("cn=")}


def _parts(name: str) -> frozenset[str]:
    """Return the parts of a name as tools write it: with commas or slashes, with spaces around signs or without."""
    text = name.strip().lower()
    pieces = text.split("/") if text.startswith("/") else re.split(r"(?<!\\)[,+]", text)
    return frozenset(re.sub(r"\s*=\s*", "=", piece.strip(), count=1) for piece in pieces if piece.strip())
