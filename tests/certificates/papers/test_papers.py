"""Papers on PostgreSQL: drawn up, moved on, signed copies kept; refusals name the field."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from certificates.domain.papers import MAX_COPY_BYTES, PaperKind, PaperState, is_pdf, typed_fields
from certificates.errors.papers import CopyRefused, PaperCannotMove, PaperRefused
from certificates.models import Paper
from certificates.services.papers.draft import PaperWish, draft_paper
from certificates.services.papers.keep_signed_copy import keep_signed_copy
from certificates.services.papers.move import move_paper
from certificates.services.papers.read import read_copy, read_document
from organisations.domain.mandates import belgian_day
from organisations.models import AuditEvent
from organisations.services.audit import Actor
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital, make_hospital

NOW = datetime.now(UTC)
TODAY = belgian_day(NOW)
BIS = "85273003371"
SCAN = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
VALUES = {
    "profession": "Arts",
    "address": "Via Roma 1\n20121 Milano",
    "email": "giulia@example.test",
    "phone": "+39 02 000",
    "project": "Vernieuwing EPD",
    "purpose": "Testen van eHealthBox",
    "lead_name": "Nele Claes",
    "lead_function": "IT",
    "lead_email": "nele@maasdal.example",
    "lead_phone": "+32 11 22 33 44",
    "proxy_name": "Tom Maes",
    "proxy_email": "tom@maasdal.example",
    "service": "eHealthBox v3",
    "profiles": "Arts\nVerpleegkundige",
    "contact_name": "Nele Claes",
    "contact_email": "nele@maasdal.example",
    "contact_phone": "+32 11 22 33 44",
    "company": "Softhuis NV",
    "company_number": "0406.798.006",
    "software": "EPD 7",
    "representative_name": "Bart Peeters",
    "representative_function": "Algemeen directeur",
}


def wish(
    hospital: Hospital, kind: PaperKind, values: dict[str, str] | None = None, **changes: Any
) -> PaperWish:
    fields: dict[str, Any] = {
        "kind": kind,
        "language": "nl",
        "identifier_id": hospital.identifier.pk,
        "values": VALUES | (values or {}),
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=200),
    }
    if kind is PaperKind.MANDATE:
        fields["person_id"] = hospital.holder.pk
    return PaperWish(**(fields | changes))


def draft(hospital: Hospital, kind: PaperKind, **changes: Any) -> Paper:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return draft_paper(
            hospital.organisation,
            wish(hospital, kind, **changes),
            drafted_by=hospital.administrator,
            actor=Actor.user(hospital.administrator),
            now=NOW,
        )


def _giulia(hospital: Hospital) -> Any:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return add_person(
            hospital.organisation,
            first_names="Giulia",
            name="De Luca",
            ssin=BIS,
            actor=PLATFORM,
            now=NOW,
        )


def _actions(hospital: Hospital, paper: Paper) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(
            AuditEvent.objects.filter(subject_id=paper.pk)
            .order_by("happened_at", "id")
            .values_list("action", flat=True)
        )


@pytest.mark.parametrize("kind", list(PaperKind))
def test_every_kind_is_drawn_up_and_sealed(hospital: Hospital, kind: PaperKind) -> None:
    person = _giulia(hospital) if kind is PaperKind.FOREIGN_DECLARATION else hospital.holder
    paper = draft(hospital, kind, person_id=person.pk)
    with acting_for([hospital.organisation.pk], as_platform=True):
        kept = Paper.objects.get(pk=paper.pk)
    assert is_pdf(kept.document)
    assert kept.state == PaperState.DRAFTED
    assert kept.environment == (
        "production" if kind in {PaperKind.MANDATE, PaperKind.FOREIGN_DECLARATION} else "acceptance"
    )
    assert {field.name for field in typed_fields(kind)} <= set(kept.values)
    whole = bytes(kept.sealed_values) + bytes(kept.sealed_document) + kept.subject.encode()
    assert BIS.encode() not in whole
    assert b"Testen van" not in whole
    if kept.person_id:
        number = "bis_number" if kind is PaperKind.FOREIGN_DECLARATION else "national_number"
        assert kept.values[number][-2:] == person.read_ssin()[-2:]
        assert number not in kept.shown_values()
    assert _actions(hospital, paper) == ["paper_drafted"]


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        (PaperKind.MANDATE, {"language": "es"}, "language"),
        (PaperKind.MANDATE, {"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        (PaperKind.TEST_CASES, {"ends_on": None}, "ends_on"),
        (PaperKind.MANDATE, {"person_id": None}, "person_id"),
        (PaperKind.FOREIGN_DECLARATION, {}, "person_id"),
        (PaperKind.MANDATE, {"values": {"representative_name": "  "}}, "representative_name"),
        (PaperKind.MANDATE, {"values": {"representative_name": "x" * 201}}, "representative_name"),
        (PaperKind.MANDATE, {"values": {"representative_name": "張 偉"}}, "representative_name"),
        (PaperKind.MANDATE, {"values": {"representative_name": "a\x07b"}}, "representative_name"),
        (PaperKind.MANDATE, {"values": {"email": "nobody"}}, "email"),
        (PaperKind.SOFTWARE_HOUSE, {"values": {"purpose": "a\n" * 16}}, "purpose"),
        (PaperKind.SOFTWARE_HOUSE, {"values": {"company_number": "0406798007"}}, "company_number"),
    ],
)
def test_refusals_name_the_field(
    hospital: Hospital, kind: PaperKind, changes: dict[str, Any], field: str
) -> None:
    if kind is PaperKind.FOREIGN_DECLARATION:  # An has a national number, and so a card
        changes = {"person_id": hospital.holder.pk}
    with pytest.raises(PaperRefused) as refusal:
        draft(hospital, kind, **changes)
    assert refusal.value.extra["field"] == field


def test_numbers_and_people_of_others_are_unknown(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique", cbe="0809394427", ssin="93051822361")
    for changes, field in (
        ({"identifier_id": other.identifier.pk}, "identifier_id"),
        ({"person_id": other.holder.pk}, "person_id"),
    ):
        with pytest.raises(PaperRefused) as refusal:
            draft(hospital, PaperKind.MANDATE, **changes)
        assert refusal.value.extra["field"] == field


def test_letters_and_their_accents_are_printed_as_one(hospital: Hospital) -> None:
    """The typeface sets an accent that comes by itself beside its letter."""
    apart = unicodedata.normalize("NFD", "José Ñuñez")
    paper = draft(hospital, PaperKind.MANDATE, values={"representative_name": apart})
    assert paper.values["representative_name"] == "José Ñuñez"


def test_a_number_in_a_title_is_masked(hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.TEST_CASES, values={"service": "Test 85.07.30-033.28"})
    assert "033.28" not in paper.subject


def _move(hospital: Hospital, paper: Paper, to: PaperState, *, on: date = TODAY, now: datetime = NOW) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        move_paper(paper, to, on=on, actor=PLATFORM, now=now)


def test_a_paper_is_sent_accepted_and_ended(hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.TEST_CASES)
    stale = draft(hospital, PaperKind.TEST_CASES)
    stale.pk = paper.pk
    for bad in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(PaperRefused):
            _move(hospital, paper, PaperState.SENT, on=bad)
    for to in (PaperState.SENT, PaperState.ACCEPTED):
        _move(hospital, paper, to)
    with pytest.raises(PaperCannotMove):
        _move(hospital, stale, PaperState.SENT)  # what another tab still showed
    with pytest.raises(PaperCannotMove):
        _move(hospital, paper, PaperState.SENT)
    later = NOW + timedelta(days=30)
    _move(hospital, paper, PaperState.ENDED, on=belgian_day(later), now=later)
    with acting_for([hospital.organisation.pk], as_platform=True):
        kept = Paper.objects.get(pk=paper.pk)
    assert (kept.sent_on, kept.accepted_on, kept.ended_on) == (TODAY, TODAY, belgian_day(later))
    assert sorted(_actions(hospital, paper)) == [
        "paper_accepted",
        "paper_drafted",
        "paper_ended",
        "paper_sent",
    ]


def test_no_day_lies_before_the_last_one_that_was_noted(hospital: Hospital) -> None:
    paper, later = draft(hospital, PaperKind.TEST_CASES), NOW + timedelta(days=9)
    _move(hospital, paper, PaperState.SENT, on=TODAY + timedelta(days=5), now=later)
    with pytest.raises(PaperRefused) as refusal:
        _move(hospital, paper, PaperState.ACCEPTED, on=TODAY + timedelta(days=4), now=later)
    assert refusal.value.extra["field"] == "on"
    _move(hospital, paper, PaperState.ACCEPTED, on=TODAY + timedelta(days=6), now=later)
    with pytest.raises(PaperRefused):
        _move(hospital, paper, PaperState.ENDED, on=TODAY + timedelta(days=5), now=later)


def test_a_signed_copy_is_kept_sealed_and_handed_back(hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.MANDATE)
    with acting_for([hospital.organisation.pk], as_platform=True):
        for bad in (b"", b"nonsense", b"%PDF-1.7", SCAN + b"x" * MAX_COPY_BYTES):
            with pytest.raises(CopyRefused):
                keep_signed_copy(paper, bad, user=hospital.administrator, actor=PLATFORM, now=NOW)
        keep_signed_copy(paper, SCAN, user=hospital.administrator, actor=PLATFORM, now=NOW)
        kept = Paper.objects.get(pk=paper.pk)
        assert SCAN not in bytes(kept.sealed_copy or b"")
        assert read_copy(kept, actor=PLATFORM, now=NOW) == SCAN
        assert is_pdf(read_document(kept, actor=PLATFORM, now=NOW))
        assert kept.copy_bytes == len(SCAN)
    _move(hospital, kept, PaperState.ENDED)
    with acting_for([hospital.organisation.pk], as_platform=True), pytest.raises(PaperCannotMove):
        keep_signed_copy(paper, SCAN, user=hospital.administrator, actor=PLATFORM, now=NOW)
    actions = _actions(hospital, paper)
    assert actions.count("paper_read") == 2
    assert actions.count("paper_copy_kept") == 1


def test_reading_a_paper_without_a_number_leaves_no_trace(hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.TEST_CASES)
    with acting_for([hospital.organisation.pk], as_platform=True):
        read_document(paper, actor=PLATFORM, now=NOW)
        assert read_copy(paper, actor=PLATFORM, now=NOW) is None
    assert _actions(hospital, paper) == ["paper_drafted"]


def test_what_ends_soon_is_found(hospital: Hospital) -> None:
    near = draft(hospital, PaperKind.TEST_CASES, ends_on=TODAY + timedelta(days=60))
    draft(hospital, PaperKind.TEST_CASES, ends_on=TODAY + timedelta(days=61))
    ended = draft(hospital, PaperKind.TEST_CASES, ends_on=TODAY + timedelta(days=5))
    _move(hospital, ended, PaperState.ENDED)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(Paper.objects.ending_soon(TODAY)) == [near]


def test_the_database_keeps_papers_of_tenants_and_environments_apart(hospital: Hospital) -> None:
    paper = draft(hospital, PaperKind.TEST_CASES)
    other = make_hospital(name="Clinique", cbe="0809394427", ssin="93051822361")
    with acting_for([other.organisation.pk], as_platform=True):
        assert not Paper.objects.filter(pk=paper.pk).exists()
        assert not Paper.objects.filter(pk=paper.pk).update(subject="x")
    with (
        acting_for([hospital.organisation.pk], as_platform=True),
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        Paper.objects.filter(pk=paper.pk).update(environment="production")
