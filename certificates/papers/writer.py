"""From a paper's facts to its PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date

from agent.wire.days import belgian_day
from certificates.domain.papers import ACCEPTANCE_KINDS, GROUPS, Group, PaperKind
from certificates.papers.sheet import Sheet
from certificates.papers.words import Words, words_in


@dataclass(frozen=True)
class PaperFacts:
    """Everything that stands in one paper; `values` by field name, `reference` tells it apart on the printed page."""

    kind: PaperKind
    language: str
    reference: str
    environment: str
    values: Mapping[str, str]
    starts_on: date
    ends_on: date | None


def write_paper(facts: PaperFacts, *, now: datetime) -> bytes:
    """Return the PDF of a paper drawn up at `now`; the same facts and time give the same bytes."""
    words = words_in(facts.language)
    paper = words.papers[facts.kind.value]
    common = words.common
    drawn_up = common["drawn_up"].format(
        day=_day(belgian_day(now), facts.language), reference=facts.reference
    )
    sheet = Sheet(
        title=paper.title,
        language=facts.language,
        foot=f"{drawn_up} {common['governs']}",
        page_word=common["page"],
        now=now,
    )
    if facts.kind in ACCEPTANCE_KINDS or facts.environment == "acceptance":
        sheet.band(common["acceptance"], common["acceptance_explained"])
    sheet.heading(paper.title, level=1)
    sheet.paragraph(paper.opening)
    for group in GROUPS[facts.kind]:
        _group(sheet, group, facts, words)
    sheet.heading(words.groups["period"])
    sheet.facts([(words.fields["period"], _period(facts, common))])
    sheet.keep_together(paper.statements)
    sheet.heading(words.groups["statements"])
    sheet.numbered(paper.statements)
    sheet.signatures(paper.signers, (common["name"], common["place_and_date"], common["signature"]))
    return sheet.written()


def _group(sheet: Sheet, group: Group, facts: PaperFacts, words: Words) -> None:
    sheet.heading(words.groups[group.name])
    names = [*group.known, *(field.name for field in group.typed)]
    if group.name == "profiles":
        sheet.numbered([line.strip() for line in facts.values["profiles"].splitlines() if line.strip()])
        return
    sheet.facts([(words.fields[name], _value(name, facts, words)) for name in names])


def _value(name: str, facts: PaperFacts, words: Words) -> str:
    if name == "environment":
        return words.common[f"environment_{facts.environment}"]
    return facts.values.get(name, "")


def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=language)


def _period(facts: PaperFacts, common: Mapping[str, str]) -> str:
    start = _day(facts.starts_on, facts.language)
    if facts.ends_on is None:
        return common["from"].format(start=start)
    return common["from_until"].format(start=start, end=_day(facts.ends_on, facts.language))
