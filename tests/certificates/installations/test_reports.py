"""Workstations report key stores: what is matched, kept and gone, for which organisation, and what is refused."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agent.wire.pki.moments import EARLIEST, NO_END
from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, Installation, MachineLook
from certificates.services.installations.match import match_waiting_installations
from organisations.models import AuditEvent
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.stages import enrolled
from tests.certificates.web.shelf import shelve
from tests.support.holder import Holder
from tests.support.hospital import PLATFORM, Hospital, make_hospital

pytestmark = pytest.mark.usefixtures("government")
FOLDER = "/home/an/ehealth/keystore"
DIGEST = "d" * 64


def entry(path: str, certificate: Certificate | None = None, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "fingerprint": certificate.fingerprint if certificate else None,
        "public_key_identifier": certificate.public_key_identifier if certificate else None,
        "serial": None,
        "subject": certificate.subject if certificate else None,
        "path": f"{FOLDER}/{path}",
        "file_digest": DIGEST,
        "package": None,
        "environment": "production",
        "not_after": certificate.not_after.isoformat() if certificate else None,
        "estimated": certificate is None,
    }
    return values | changes


def report(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "machine": "PC-APO-014",
        "complete": True,
        "folders": [FOLDER],
        "installations": list(entries),
    }
    return values | changes


def send(holder: Holder, *entries: dict[str, Any], **changes: Any) -> tuple[int, int, int]:
    answer = holder.call("POST", "/agent/v1/installations", report(*entries, **changes))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return body["matched"], body["unknown"], body["gone"]


def rows(hospital: Hospital) -> list[Installation]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(
            Installation.objects.filter(organisation=hospital.organisation).order_by("path", "first_seen_at")
        )


def events(hospital: Hospital) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        found = AuditEvent.objects.filter(
            organisation=hospital.organisation, action__startswith="installation"
        )
        return list(found.order_by("happened_at", "id").values_list("action", flat=True))


@pytest.fixture
def reporter(hospital: Hospital, holder: Holder) -> Holder:
    return enrolled(holder)


def file_name(certificate: Certificate, days: float = 0, suffix: str = "p12") -> str:
    """The official name of a key store made so that its estimate is `days` from the certificate's end."""
    made = (certificate.not_after + timedelta(days=days)).astimezone(UTC)
    made = made.replace(year=made.year - 3)
    application = f",{certificate.application_id}" if certificate.application_id else ""
    return f"CBE={certificate.identifier_value}{application} {made:%Y%m%d-%H%M%S}.{suffix}"


def test_what_the_inventory_knows_is_matched_and_kept(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    assert send(reporter, entry("a.p12", certificate, package="HiX")) == (1, 0, 0)
    [row] = rows(hospital)
    assert (row.certificate_id, row.machine, row.package, row.estimated) == (
        certificate.pk, "PC-APO-014", "HiX", False)  # fmt: skip
    assert row.fingerprint == certificate.fingerprint
    assert send(reporter, entry("a.p12", certificate)) == (1, 0, 0)
    [again] = rows(hospital)
    assert again.last_seen_at > row.last_seen_at
    assert again.package == "HiX", "what was known of the software stays"
    assert events(hospital) == ["installation_found"], "seen again is no event"


def test_the_key_alone_matches(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    assert send(reporter, entry("a.p12", certificate, fingerprint=None)) == (1, 0, 0)
    assert rows(hospital)[0].certificate_id == certificate.pk


@pytest.mark.parametrize(
    ("days", "suffix", "environment", "matched"),
    [
        (0, "p12", "production", 1),
        (0.9, "p12", "production", 1),
        (-0.9, "p12", "production", 1),
        (3, "p12", "production", 0),
        (0, "acc-p12", "acceptance", 0),
        (0, "p12", "acceptance", 0),
    ],
)
def test_a_closed_file_may_be_known_by_its_name(
    hospital: Hospital, reporter: Holder, days: float, suffix: str, environment: str, matched: int
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    shelve(hospital.organisation, "OTHER", 300)
    found = entry(file_name(certificate, days, suffix), environment=environment)
    assert send(reporter, found) == (matched, 1 - matched, 0)
    [row] = rows(hospital)
    assert row.estimated
    assert row.certificate_id == (certificate.pk if matched else None), "our number, so kept in any case"


def test_of_two_near_ends_the_nearer_is_meant(hospital: Hospital, reporter: Holder) -> None:
    near = shelve(hospital.organisation, "EHBOX", 300)
    shelve(hospital.organisation, "EHBOX", 300, not_after=near.not_after + timedelta(hours=20))
    send(reporter, entry(file_name(near, 0.1)))
    assert rows(hospital)[0].certificate_id == near.pk


def test_unknown_ones_with_our_number_wait_for_their_certificate(
    hospital: Hospital, reporter: Holder
) -> None:
    fingerprint = secrets.token_hex(32)
    ours = entry(
        "new.p12", subject="CN=CBE\\=0406798006\\, LABO,C=BE", fingerprint=fingerprint, estimated=False
    )
    foreign = entry("x.p12", subject="CN=CBE\\=0809394427,C=BE", fingerprint="1" * 64, estimated=False)
    nameless = entry("store.p12")
    assert send(reporter, ours, foreign, nameless) == (0, 3, 0)
    [row] = rows(hospital)
    assert (row.certificate_id, row.name) == (None, "CBE=0406798006, LABO")
    certificate = shelve(hospital.organisation, "LABO", 500, fingerprint=fingerprint)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert match_waiting_installations(hospital.organisation) == 1
        assert match_waiting_installations(hospital.organisation) == 0
    assert rows(hospital)[0].certificate_id == certificate.pk


def test_each_organisation_learns_only_of_its_own(hospital: Hospital, reporter: Holder) -> None:
    other = make_hospital(
        name="Clinique Saint-Roch", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
    )
    with acting_for([other.organisation.pk], as_platform=True):
        add_person(
            other.organisation, first_names="An Marie", name="Peeters", ssin="85073003328", actor=PLATFORM,
            now=datetime.now(UTC),
        )  # fmt: skip
    third = make_hospital(name="AZ Derde", cbe="0635769870", ssin="00010100105")
    mine = shelve(hospital.organisation, "MINE", 300)
    theirs = shelve(other.organisation, "THEIRS", 300, value="0809394427")
    hidden = shelve(third.organisation, "HIDDEN", 300, value="0635769870")
    found = [entry("m.p12", mine), entry("t.p12", theirs), entry("h.p12", hidden)]
    assert send(reporter, *found) == (1, 2, 0)
    assert rows(other) == [], "the holder has not agreed"
    reporter.agree_to_all()
    assert send(reporter, *found) == (2, 1, 0)
    assert [row.certificate_id for row in rows(hospital)] == [mine.pk]
    assert [row.certificate_id for row in rows(other)] == [theirs.pk]
    assert rows(third) == []


def test_what_a_whole_look_does_not_find_is_gone(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    elsewhere = entry("x.p12", certificate) | {"path": "/mnt/share/x.p12"}
    assert send(reporter, entry("a.p12", certificate), entry("b.p12", certificate), elsewhere) == (3, 0, 0)
    assert send(reporter, entry("a.p12", certificate), complete=False) == (1, 0, 0), (
        "a partial look proves nothing"
    )
    assert send(reporter, entry("a.p12", certificate), machine="PC-2") == (1, 0, 0), "another machine neither"
    assert send(reporter, entry("a.p12", certificate)) == (1, 0, 1)
    gone = [row.path for row in rows(hospital) if row.gone_at]
    assert gone == [f"{FOLDER}/b.p12"], "what lies under another folder stays"
    assert send(reporter, entry("a.p12", certificate), entry("b.p12", certificate)) == (2, 0, 0)
    assert events(hospital) == [*["installation_found"] * 4, "installation_gone", "installation_found"]


def test_a_whole_look_is_remembered_also_when_it_finds_nothing(hospital: Hospital, reporter: Holder) -> None:
    def looks() -> list[tuple[str, datetime]]:
        with acting_for([hospital.organisation.pk], as_platform=True):
            return list(MachineLook.objects.values_list("machine", "looked_at"))

    send(reporter, complete=False)
    assert looks() == [], "a partial look has not looked everywhere"
    send(reporter)
    [(machine, first)] = looks()
    send(reporter)
    [(again, second)] = looks()
    assert machine == again
    assert second > first


def test_the_same_path_on_another_machine_is_another_place(hospital: Hospital, reporter: Holder) -> None:
    old = shelve(hospital.organisation, "EHBOX", 30)
    new = shelve(hospital.organisation, "EHBOX", 1000)
    send(reporter, entry("a.p12", old), machine="SRV-A")
    assert send(reporter, entry("a.p12", new), machine="SRV-B") == (1, 0, 0)
    assert {(row.machine, row.certificate_id, row.gone_at) for row in rows(hospital)} == {
        ("SRV-A", old.pk, None),
        ("SRV-B", new.pk, None),
    }


def test_a_known_certificate_tells_the_environment_not_the_file_s_name(
    hospital: Hospital, reporter: Holder
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300, environment=Environment.ACCEPTANCE)
    send(reporter, entry("a.p12", certificate) | {"environment": "production"})
    [row] = rows(hospital)
    assert row.environment == "acceptance"


def test_another_device_takes_nothing_away(hospital: Hospital, reporter: Holder, holder: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    send(reporter, entry("a.p12", certificate))
    second = enrolled(Holder(holder.identity))
    assert send(second) == (0, 0, 0)
    assert send(second, entry("a.p12", certificate)) == (1, 0, 0)
    assert len(rows(hospital)) == 2


def test_a_file_that_holds_another_certificate_now(hospital: Hospital, reporter: Holder) -> None:
    old, new = shelve(hospital.organisation, "EHBOX", 30), shelve(hospital.organisation, "EHBOX", 1090)
    send(reporter, entry("a.p12", old))
    assert send(reporter, entry("a.p12", new, file_digest="e" * 64), complete=False) == (1, 0, 1)
    assert [(row.certificate_id, row.gone_at is None) for row in rows(hospital)] == [
        (old.pk, False),
        (new.pk, True),
    ]
    foreign = entry("a.p12", fingerprint="1" * 64, estimated=False, file_digest="f" * 64)
    assert send(reporter, foreign, complete=False) == (0, 1, 1), "it holds what is nothing of ours"


def test_opened_once_is_known_also_when_closed(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    name = file_name(certificate)
    send(reporter, entry(name))
    send(reporter, entry(name, certificate))
    send(reporter, entry(name))
    [row] = rows(hospital)
    assert (row.certificate_id, row.fingerprint, row.estimated) == (
        certificate.pk,
        certificate.fingerprint,
        False,
    )
    assert send(reporter, entry(name, file_digest="e" * 64)) == (1, 0, 1), (
        "another file: judged by its name again"
    )


def test_an_acceptance_ends_when_the_installation_comes_back(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    send(reporter, entry("a.p12", certificate))
    with acting_for([hospital.organisation.pk], as_platform=True):
        Installation.objects.update(accepted_at=datetime.now(UTC), accepted_reason="tot maandag")
    send(reporter, entry("a.p12", certificate))
    assert rows(hospital)[0].accepted_at is not None
    send(reporter)
    send(reporter, entry("a.p12", certificate))
    assert rows(hospital)[0].accepted_at is None


BAD: list[dict[str, Any]] = [
    {"fingerprint": "A" * 64},
    {"fingerprint": "a" * 63},
    {"public_key_identifier": "a" * 64},
    {"path": "x" * 5000},
    {"path": ""},
    {"path": "a\0b"},
    {"path": "\ud800"},
    {"path": "/home/an/SSIN=85073003328 20240101-000000.p12"},
    {"file_digest": None},
    {"environment": "test"},
    {"not_after": "yesterday"},
    {"not_after": "2027-01-01T00:00:00"},
    {"estimated": 1},
    {"more": "x"},
]


@pytest.mark.parametrize("changes", BAD)
def test_a_wrong_installation_is_left_out_and_takes_nothing_from_the_others(
    hospital: Hospital, reporter: Holder, changes: dict[str, Any]
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    body = report(entry("good.p12", certificate), entry("bad.p12") | changes)
    answer = reporter.call("POST", "/agent/v1/installations", body)
    assert (answer.status_code, answer.json()) == (200, {"matched": 1, "unknown": 1, "gone": 0}), "as ever"
    assert [row.path.rsplit("/", 1)[-1] for row in rows(hospital)] == ["good.p12"]


def test_what_is_left_out_of_a_whole_report_is_not_gone(hospital: Hospital, reporter: Holder) -> None:
    one, two = (shelve(hospital.organisation, name, 300) for name in ("EHBOX", "RECIPE"))
    assert send(reporter, entry("one.p12", one), entry("two.p12", two)) == (2, 0, 0)
    odd = entry("two.p12", two) | {"serial": "minus five"}
    assert send(reporter, entry("one.p12", one), odd) == (1, 1, 0)
    assert [row.gone_at for row in rows(hospital)] == [None, None]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("0001-01-01T00:00:00+14:00", EARLIEST),
        ("9999-12-31T23:59:59-14:00", NO_END),
        ("9999-12-31T23:59:59+00:00", NO_END),
        ("2027-01-01T00:00:00+01:00", datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_every_end_is_kept_within_the_one_range(
    hospital: Hospital, reporter: Holder, told: str, kept: datetime
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    assert send(reporter, entry("a.p12", certificate) | {"not_after": told}) == (1, 0, 0)
    assert [row.not_after for row in rows(hospital)] == [kept]


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, "x", report(machine=""), report(complete="yes"), report(folders="x"), report(more=1),
        report(*[entry(f"{index}.p12") for index in range(301)]),
    ],
)  # fmt: skip
def test_a_report_of_another_shape_is_refused(hospital: Hospital, reporter: Holder, body: Any) -> None:
    answer = reporter.call("POST", "/agent/v1/installations", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "report_malformed")


def test_only_a_proven_device_reports(hospital: Hospital, holder: Holder) -> None:
    answer = holder.call("POST", "/agent/v1/installations", report())
    assert answer.status_code == 401
    assert enrolled(holder).call("GET", "/agent/v1/installations").status_code == 405


def test_a_full_report_costs_queries_by_what_is_new(hospital: Hospital, reporter: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    full = [entry(f"{index}.p12", certificate) for index in range(200)]
    assert send(reporter, *full) == (200, 0, 0)
    with CaptureQueriesContext(connection) as captured:
        assert send(reporter, *full) == (200, 0, 0)
    assert len(captured) < 40, "seen again: one update for all"
