"""Papers around certificates: their kinds, what stands in each, and their way from draft to end.

Source: the forms that the eHealth platform's page lists (domain notes, 01). Ours carry the same facts in our own words;
where an official form exists, that one governs.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ENDS_SOON = timedelta(days=60)
"""From how long before its end a paper is shown as ending."""


class PaperKind(StrEnum):
    """What a paper is for."""

    FOREIGN_DECLARATION = "foreign_declaration"
    """Declaration of a care provider without a Belgian identity card (the hybrid way)."""
    ACCEPTANCE_PROCURATION = "acceptance_procuration"
    """The project lead has somebody obtain an acceptance certificate, for a project and a period."""
    TEST_CASES = "test_cases"
    """User profiles to test a service in acceptance."""
    SOFTWARE_HOUSE = "software_house"
    """Agreement with a software house about test certificates."""
    MANDATE = "mandate"
    """The legal representative empowers an employee to request certificates."""


ACCEPTANCE_KINDS = frozenset(
    {PaperKind.ACCEPTANCE_PROCURATION, PaperKind.TEST_CASES, PaperKind.SOFTWARE_HOUSE}
)
"""Papers that concern the test environment only."""


class PaperState(StrEnum):
    """Where a paper stands."""

    DRAFTED = "drafted"
    SENT = "sent"
    ACCEPTED = "accepted"
    ENDED = "ended"


S = PaperState
MOVES: dict[PaperState, frozenset[PaperState]] = {
    S.DRAFTED: frozenset({S.SENT, S.ACCEPTED, S.ENDED}),
    S.SENT: frozenset({S.ACCEPTED, S.ENDED}),
    S.ACCEPTED: frozenset({S.ENDED}),
    S.ENDED: frozenset(),
}
"""A paper handed over and accepted at once was never sent."""


@dataclass(frozen=True)
class Field:
    """One thing that stands in a paper; `most` characters in at most `lines` lines that hold something.

    `kind`: text, lines (several, one a line), email, phone, cbe. What stands in one block must fit on one page.
    """

    name: str
    required: bool = True
    kind: str = "text"
    most: int = 200
    lines: int = 1


@dataclass(frozen=True)
class Group:
    """Fields under one heading of the paper; `typed` ones are asked, the others the platform knows."""

    name: str
    known: tuple[str, ...] = ()
    typed: tuple[Field, ...] = ()


ORGANISATION = Group("organisation", known=("organisation", "organisation_number"))

GROUPS: dict[PaperKind, tuple[Group, ...]] = {
    PaperKind.FOREIGN_DECLARATION: (
        Group(
            "care_provider",
            known=("first_names", "name", "bis_number"),
            typed=(
                Field("profession"),
                Field("address", kind="lines", most=400, lines=8),
                Field("email", kind="email"),
                Field("phone", kind="phone", most=40),
            ),
        ),
        Group("activity", known=("organisation", "organisation_number", "environment")),
    ),
    PaperKind.ACCEPTANCE_PROCURATION: (
        ORGANISATION,
        Group(
            "project",
            typed=(
                Field("project"),
                Field("purpose", kind="lines", most=800, lines=15),
                Field("application_id", required=False, most=30),
            ),
        ),
        Group(
            "project_lead",
            typed=(
                Field("lead_name"),
                Field("lead_function"),
                Field("lead_email", kind="email"),
                Field("lead_phone", kind="phone", most=40),
            ),
        ),
        Group("proxy", typed=(Field("proxy_name"), Field("proxy_email", kind="email"))),
    ),
    PaperKind.TEST_CASES: (
        ORGANISATION,
        Group("service", typed=(Field("service"), Field("software", required=False))),
        Group("profiles", typed=(Field("profiles", kind="lines", most=2000, lines=100),)),
        Group(
            "contact",
            typed=(
                Field("contact_name"),
                Field("contact_email", kind="email"),
                Field("contact_phone", kind="phone", required=False, most=40),
            ),
        ),
    ),
    PaperKind.SOFTWARE_HOUSE: (
        ORGANISATION,
        Group(
            "software_house",
            typed=(
                Field("company"),
                Field("company_number", kind="cbe", most=20),
                Field("contact_name"),
                Field("contact_email", kind="email"),
                Field("contact_phone", kind="phone", most=40),
            ),
        ),
        Group("scope", typed=(Field("software"), Field("purpose", kind="lines", most=800, lines=15))),
    ),
    PaperKind.MANDATE: (
        ORGANISATION,
        Group("representative", typed=(Field("representative_name"), Field("representative_function"))),
        Group(
            "employee",
            known=("first_names", "name", "national_number"),
            typed=(Field("employee_function", required=False), Field("email", kind="email")),
        ),
    ),
}
"""The headings of each paper, in order."""

WITH_PERSON = frozenset({PaperKind.FOREIGN_DECLARATION, PaperKind.MANDATE})
"""Papers about one of the organisation's people; they bear that person's number."""
PERSONAL = frozenset({"bis_number", "national_number"})
"""Fields that hold a number of the national register."""
SUBJECT = {
    PaperKind.FOREIGN_DECLARATION: ("first_names", "name"),
    PaperKind.ACCEPTANCE_PROCURATION: ("project",),
    PaperKind.TEST_CASES: ("service",),
    PaperKind.SOFTWARE_HOUSE: ("company",),
    PaperKind.MANDATE: ("first_names", "name"),
}
"""The fields that tell papers of one kind apart in a list."""


def typed_fields(kind: PaperKind) -> tuple[Field, ...]:
    """What has to be filled in for a paper of `kind`."""
    return tuple(field for group in GROUPS[kind] for field in group.typed)


def may_move(old: PaperState, new: PaperState) -> bool:
    """True when a paper may go from `old` to `new`."""
    return new in MOVES[old]


class PaperTime(StrEnum):
    """How a paper's period lies to a day."""

    OPEN = "open"
    """It has no last day."""
    RUNNING = "running"
    ENDS_SOON = "ends_soon"
    OVER = "over"


def time_of(ends_on: date | None, today: date) -> PaperTime:
    """Return how a period that ends on `ends_on` (included) lies to `today`."""
    if ends_on is None:
        return PaperTime.OPEN
    if today > ends_on:
        return PaperTime.OVER
    return PaperTime.ENDS_SOON if ends_on - today <= ENDS_SOON else PaperTime.RUNNING


MAX_COPY_BYTES = 5 * 1024 * 1024
"""A signed copy: some pages of a scanner."""


def is_pdf(content: bytes) -> bool:
    """Whether `content` is a whole PDF: its header (ISO 32000 7.5.2) and, near the end, its trailer (7.5.5).

    Nothing in it is interpreted: it is kept and handed back as it came.
    """
    head, tail = content[:1024], content[-2048:]
    return (
        head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith((b"%PDF-1.", b"%PDF-2."))
        and b"startxref" in tail
        and b"%%EOF" in tail
    )
