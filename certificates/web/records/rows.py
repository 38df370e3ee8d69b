"""Inquiries and proposals as their pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agent.wire.days import belgian_day
from agent.wire.pki.moments import has_no_end, within
from certificates.domain.lifecycle import Environment
from certificates.models import RecordProposal, RecordsInquiry
from certificates.models.records import InquiryState, ProposalKind, ProposalState
from certificates.selectors.records import NEEDED
from certificates.services.records.take_over import REVOKED_FOR_GOOD
from certificates.web.parts.words import BASE_SERVICES, ENVIRONMENTS, UNSIGNED
from certificates.web.records.words import (
    CONTACT_LINES,
    FETCH_PROBLEMS,
    FIELDS,
    INQUIRY_STATES,
    KINDS,
    PROPOSAL_STATES,
    REVOCATION_HERE,
    status_label,
    token_label,
)
from organisations.access import Tenancy
from organisations.web.words import Label, Text, identifier_type


@dataclass(frozen=True)
class InquiryRow:
    """One look into the government's records."""

    inquiry: RecordsInquiry
    state: Label
    environment: str

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.inquiry.environment == Environment.ACCEPTANCE


def inquiry_row(inquiry: RecordsInquiry, now: datetime) -> InquiryRow:
    """Return `inquiry` with its words at `now`."""
    return InquiryRow(
        inquiry,
        UNSIGNED if inquiry.lapsed_at(now) else INQUIRY_STATES[InquiryState(inquiry.state)],
        str(ENVIRONMENTS[Environment(inquiry.environment)]),
    )


@dataclass(frozen=True)
class ProposalRow:
    """One proposal: what it is about, lines of facts, or two sides."""

    proposal: RecordProposal
    title: str
    second: str
    labels: tuple[Label, ...]
    facts: tuple[tuple[str, str], ...]
    field: str
    here: tuple[str, ...]
    government: tuple[str, ...]
    warning: str
    acceptable: bool
    decidable: bool
    state: Label

    @property
    def open(self) -> bool:
        """True while nobody has decided."""
        return self.proposal.state == ProposalState.OPEN


@dataclass(frozen=True)
class Group:
    """The proposals of one kind on this page."""

    kind: str
    heading: Text
    explanation: Text
    rows: tuple[ProposalRow, ...]


def groups_of(proposals: list[RecordProposal], tenancy: Tenancy) -> list[Group]:
    """Return the proposals by kind."""
    groups = []
    for kind in ProposalKind:
        rows = tuple(proposal_row(one, tenancy) for one in proposals if one.kind == kind)
        if rows:
            groups.append(Group(kind.value, *KINDS[kind], rows))
    return groups


def proposal_row(proposal: RecordProposal, tenancy: Tenancy) -> ProposalRow:
    """Return one proposal with its words; facts hold no national number."""
    facts, kind = proposal.facts, ProposalKind(proposal.kind)
    title, second, field = proposal.key, "", ""
    labels: tuple[Label, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    here: tuple[str, ...] = ()
    government: tuple[str, ...] = ()
    match kind:
        case ProposalKind.NEW_MANDATE:
            title, second = f"{facts['value']} – {identifier_type(facts['type'])}", facts["name"]
            if facts["number_is_new"]:
                labels = (Label(_("New number"), "warn"),)
        case ProposalKind.MANDATE_GONE:
            title = f"{facts['value']} – {identifier_type(facts['type'])}"
            second = _("Registered here since %(day)s") % {"day": _day(facts["since"])}
        case ProposalKind.NEW_CERTIFICATE:
            title, second = facts["name"], facts["holder_name"]
            labels = (status_label(facts["status"]), token_label(facts["token_status"]))
            lines = _certificate_lines(facts)
        case ProposalKind.DIFFERENCE:
            title, second = facts["name"], ""
            field = str(FIELDS.get(facts["field"], facts["field"]))
            here = _side(facts["field"], facts["here"], government=False)
            government = _side(facts["field"], facts["government"], government=True)
    return ProposalRow(
        proposal,
        title,
        second,
        labels,
        lines,
        field,
        here,
        government,
        _warning(facts),
        bool(facts.get("acceptable", True)),
        tenancy.may(NEEDED[kind]),
        PROPOSAL_STATES[ProposalState(proposal.state)],
    )


def _warning(facts: dict[str, Any]) -> str:
    problem = facts.get("problem", "")
    if problem:
        return str(FETCH_PROBLEMS.get(problem, problem))
    if facts.get("field") == "status" and facts.get("government") == "VALID_ACTIVE":
        return _back(bool(facts.get("acceptable", True)))
    if facts.get("field") in ("status", "token_status") and not facts.get("acceptable", True):
        return _("The government uses a word that is not known here. It is kept as it came.")
    if facts.get("field") == "end":
        return _(
            "The certificate itself says when it ends, and that counts. Tell the eHealth contact centre."
        )
    return ""


def _back(acceptable: bool) -> str:
    if not acceptable:
        return str(REVOKED_FOR_GOOD)
    return _(
        "Only the government's records had said that it is revoked. This is taken over where it is ticked, never with "
        "all the others, and the authority's public register is asked at once."
    )


def _certificate_lines(facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    contact = facts["contact_data"]
    lines = [
        (_("Begun"), _day(facts["not_before"])),
        (_("Ends"), _day(facts["not_after"])),
        (_("Renewable from"), _day(facts["replaceable_from"])),
        (_("Contact data"), ", ".join(contact[name] for name in CONTACT_LINES if contact.get(name))),
        (_("Basic services"), ", ".join(_services(contact.get("base_service_usages")))),
        (_("Here, with the same key, ends"), _day(facts.get("same_key_ends", ""))),
    ]
    return tuple((name, value) for name, value in lines if value)


def _side(field: str, value: Any, *, government: bool) -> tuple[str, ...]:
    if value in (None, "", [], {}):
        return (_("not known") if not government else "–",)
    match field:
        case "contact_data":
            return tuple(str(value[name]) for name in CONTACT_LINES if value.get(name)) or ("–",)
        case "services":
            return tuple(_services(value))
        case "replaceable_from" | "end":
            return (_day(value),)
        case "status":
            return (str(status_label(value)) if government else str(REVOCATION_HERE.get(value, value)),)
        case "token_status":
            return (str(token_label(value)),)
    return (str(value),)


def _services(codes: Any) -> list[str]:
    return [str(BASE_SERVICES[code][0]) if code in BASE_SERVICES else str(code) for code in codes or ()]


def _day(text: str) -> str:
    """Return the Belgian day of a moment, or a day, as the record holds it."""
    if not text:
        return ""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None and has_no_end(within(moment)):
        return str(_("no end"))
    day = belgian_day(moment) if moment.tzinfo is not None else moment.date()
    return date_format(day, pgettext("a day, Django date format", "j F Y"))
