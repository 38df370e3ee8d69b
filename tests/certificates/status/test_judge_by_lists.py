"""One list judges the certificates of all organisations at once: who stands on it is revoked, who does not is dated."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import read_certificate
from certificates.models import Certificate, ListedCertificate, RevocationList
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.status import judge_by_lists
from certificates.services.status.judge_by_lists import ask_unjudged
from certificates.services.status.renew_lists import renew_list
from certificates.services.status.shared_answers import SharedAnswers
from certificates.trust.entries import Entry, entries_of, speaks_of_all
from certificates.trust.kept_answers import KeptAnswers, Sharing, share_answers
from certificates.trust.paths import validate
from ehportal.lanes import CHORES
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.samples import der
from tests.support.authority import key
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.responder import COMPROMISED, HOLD, World, outside, soon

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)
DAY = timedelta(hours=24)


@pytest.fixture
def world(every_call_is_made: None, settings: pytest_django.Settings, tmp_path: Path) -> Iterator[World]:
    with outside() as made:
        anchors = tmp_path / "root.pem"
        anchors.write_bytes(made.root.public_bytes(Encoding.PEM))
        settings.CERTRA_ANCHORS = {"production": [str(anchors)], "acceptance": []}
        share_answers(SharedAnswers(KeptAnswers()))
        made.list_of("issuing", [])
        yield made


@pytest.fixture
def hospitals() -> list[Hospital]:
    return [make_hospital(), make_hospital(cbe="0635769870", proven=False)]


def stand(hospital: Hospital, world: World, *, trusted: bool = True, **fields: Any) -> Certificate:
    """A certificate of the world's issuer that was found good and is asked about again in an hour."""
    leaf = world._issue("Leaf", world.keys[2], "World Issuing", world.keys[1], path="issuing")
    now = datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        made, _new = add_certificate(
            hospital.organisation,
            read_certificate(leaf.public_bytes(Encoding.DER)),
            environment=Environment.PRODUCTION,
            chain=[der(world.issuing)],
            chain_trusted=trusted,
            source="imported",
            actor=PLATFORM,
            now=now,
        )
        planned = {"revocation_status": "good", "next_attempt_at": now + SOON, "revocation_checked_at": None}
        Certificate.objects.filter(pk=made.pk).update(**(planned | fields))
    return again(made)


def again(certificate: Certificate) -> Certificate:
    with acting_for([certificate.organisation_id], as_platform=True):
        return Certificate.objects.get(pk=certificate.pk)


def number(certificate: Certificate) -> int:
    return int(certificate.serial, 16)


def publish(world: World, *listed: Certificate, edition: int = 8, **how: Any) -> None:
    world.list_of("issuing", [number(one) for one in listed], number=edition, **how)


def judge(world: World) -> None:
    """A worker's step, once somebody has judged by the list."""
    rows = RevocationList.objects.filter(address=f"{world.base}/issuing.crl")
    if not rows.exists():
        sharing = Sharing.LISTS
        validate(world.leaf, [world.issuing], [der(world.root)], check_revocation=True, sharing=sharing)
    row = rows.get()
    renew_list(row.turn, row.pk, now=datetime.now(UTC))


def events(certificate: Certificate) -> list[str]:
    with acting_for([certificate.organisation_id], as_platform=True):
        rows = AuditEvent.objects.filter(subject_id=certificate.pk).order_by("happened_at", "id")
        return [one.action for one in rows]


def test_those_who_are_listed_are_revoked_and_the_others_stay_good(
    world: World, hospitals: list[Hospital]
) -> None:
    good = [stand(hospital, world) for hospital in hospitals]
    bad = [stand(hospital, world) for hospital in hospitals]
    publish(world, *bad)
    began = datetime.now(UTC)
    judge(world)
    for certificate in bad:
        after = again(certificate)
        assert (after.revocation_status, after.revocation_reason) == ("revoked", "keyCompromise")
        assert after.revoked_at is not None
        assert after.next_attempt_at is None
        assert events(certificate) == ["certificate_imported", "certificate_found_revoked"]
    for certificate in good:
        after = again(certificate)
        assert after.revocation_status == "good"
        assert after.next_attempt_at is None, "nobody asks about it alone"
        assert after.checked_at is not None
        assert after.checked_at >= began
        assert events(certificate) == ["certificate_imported"]
    assert world.asked.count("/issuing.ocsp") == 1, "only about the one by whom the list was found"
    # One that stayed good is named by the next edition.
    publish(world, good[1], edition=9)
    judge(world)
    assert [again(one).revocation_status for one in good] == ["good", "revoked"]
    # Once more, and nobody is told anything twice; what stands on no list any more stays revoked.
    publish(world, edition=10)
    judge(world)
    assert [again(one).revocation_status for one in bad] == ["revoked", "revoked"]
    assert [len(events(one)) for one in bad] == [2, 2]


def test_what_the_list_alone_does_not_decide_is_asked_about_at_once(
    world: World, hospitals: list[Hospital]
) -> None:
    suspended = stand(hospitals[0], world)
    lifted = stand(hospitals[1], world, revocation_status="on_hold")
    publish(world, suspended, reason=HOLD)
    judge(world)
    now = datetime.now(UTC)
    for certificate, status in ((suspended, "good"), (lifted, "on_hold")):
        after = again(certificate)
        assert after.revocation_status == status
        assert after.next_attempt_at is not None
        assert after.next_attempt_at <= now
        assert after.revocation_checked_at is None


@pytest.mark.parametrize(
    ("trusted", "fields"),
    [
        (True, {"revocation_status": "unknown"}),
        (True, {"environment": "acceptance"}),
        (True, {"crl_urls": ["http://another.example/list.crl"]}),
        (True, {"issuers": ["0" * 64]}),
        (True, {"not_after": soon(days=-1)}),
        (True, {"leased_until": soon(hours=1)}),
        (True, {"parked_at": soon(hours=-1)}),
        (True, {"failure": {"error": "ValueError"}}),
        (True, {"next_attempt_at": None}),
        (False, {}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_what_it_does_not_speak_of_stays_as_it_is(
    world: World, hospitals: list[Hospital], trusted: bool, fields: dict[str, Any]
) -> None:
    before = stand(hospitals[0], world, trusted=trusted, **fields)
    other = stand(hospitals[1], world)
    judge(world)
    after = again(before)
    assert (after.next_attempt_at, after.revocation_checked_at) == (before.next_attempt_at, None)
    assert again(other).revocation_checked_at is not None


def test_a_number_of_another_issuer_is_another_certificate(world: World, hospitals: list[Hospital]) -> None:
    other = stand(hospitals[0], world, issuers=["0" * 64])
    publish(world, other)
    judge(world)
    assert again(other).revocation_status == "good"


def test_without_word_of_the_issuer_nobody_is_good_but_the_listed_are_revoked(
    world: World, hospitals: list[Hospital]
) -> None:
    good, bad = stand(hospitals[0], world), stand(hospitals[1], world)
    publish(world, bad)
    del world.answers["/root.crl"]
    judge(world)
    assert again(bad).revocation_status == "revoked"
    assert again(good).revocation_checked_at is None


def test_nobody_is_good_by_a_list_any_more_whose_authority_was_revoked(
    world: World, hospitals: list[Hospital]
) -> None:
    kept = stand(hospitals[0], world)
    judge(world)
    world.list_of("root", [world.issuing.serial_number], number=9)
    RevocationList.objects.exclude(address=f"{world.base}/issuing.crl").delete()
    RevocationList.objects.update(judged_at=soon(hours=-7))
    judge(world)
    after = again(kept)
    assert after.judged_by is None
    assert after.next_attempt_at is not None, "it is asked about alone"
    assert not RevocationList.objects.filter(judged_at__isnull=False).exists()


def test_a_list_whose_authority_nobody_speaks_of_judges_nobody_for_longer_than_a_day(
    world: World, hospitals: list[Hospital]
) -> None:
    kept = stand(hospitals[0], world)
    judge(world)
    del world.answers["/root.crl"]
    RevocationList.objects.exclude(address=f"{world.base}/issuing.crl").delete()
    RevocationList.objects.update(judged_at=soon(hours=-25))
    judge(world)
    assert ask_unjudged(datetime.now(UTC)) == 1
    assert again(kept).judged_by is None


def test_a_pass_that_was_stopped_begins_again(
    world: World, hospitals: list[Hospital], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entries stand already, and all were judged a moment ago, by the edition before."""
    bad = stand(hospitals[0], world)
    judge(world)
    publish(world, bad)

    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(judge_by_lists, "_revoke", stop)
        with pytest.raises(KeyboardInterrupt):
            judge(world)
    assert ListedCertificate.objects.count() == 1
    assert again(bad).revocation_status == "good"
    judge(world)
    assert again(bad).revocation_status == "revoked"


def test_the_entries_are_written_once_an_edition_and_go_with_the_list(
    world: World, hospitals: list[Hospital]
) -> None:
    listed = [stand(hospitals[0], world) for _ in range(3)]
    publish(world, *listed)
    judge(world)
    written = set(ListedCertificate.objects.values_list("id", flat=True))
    assert len(written) == 3
    judge(world)
    assert set(ListedCertificate.objects.values_list("id", flat=True)) == written
    publish(world, *listed[:2], edition=9)
    judge(world)
    serials = set(ListedCertificate.objects.values_list("serial", flat=True))
    assert serials == {one.serial for one in listed[:2]}
    RevocationList.objects.all().delete()
    assert not ListedCertificate.objects.exists()


def test_it_is_done_again_before_any_of_them_is_due_and_not_sooner(
    world: World, hospitals: list[Hospital]
) -> None:
    first = stand(hospitals[0], world)
    judge(world)
    RevocationList.objects.update(used_at=soon(days=-1))
    second = stand(hospitals[1], world)
    judge(world)
    assert again(second).revocation_checked_at is None, "the same edition, a moment ago"
    RevocationList.objects.update(judged_at=soon(hours=-7))
    judge(world)
    assert again(second).revocation_checked_at is not None
    listed = RevocationList.objects.get(address=f"{world.base}/issuing.crl")
    assert listed.used_at > soon(hours=-1), "nobody asks about each any more, and it is renewed all the same"
    assert again(first).revocation_status == "good"


def test_what_is_judged_is_not_written_again(world: World, hospitals: list[Hospital]) -> None:
    kept = stand(hospitals[0], world)
    judge(world)
    before = again(kept)
    RevocationList.objects.update(judged_at=soon(hours=-7))
    assert again(kept).checked_at == before.revocation_checked_at
    judge(world)
    after = again(kept)
    assert after.revocation_checked_at == before.revocation_checked_at
    assert after.checked_at is not None
    assert before.revocation_checked_at is not None
    assert after.checked_at > before.revocation_checked_at, "the list's own date"


def test_a_hold_on_the_list_has_one_asked_about_that_it_judged(
    world: World, hospitals: list[Hospital]
) -> None:
    kept = stand(hospitals[0], world)
    judge(world)
    publish(world, kept, reason=HOLD)
    judge(world)
    after = again(kept)
    assert after.next_attempt_at is not None
    assert after.next_attempt_at <= datetime.now(UTC)
    assert after.judged_by is None


def test_when_the_list_judges_no_more_each_is_asked_about_alone(
    world: World, hospitals: list[Hospital]
) -> None:
    good, bad = stand(hospitals[0], world), stand(hospitals[1], world)
    judge(world)
    publish(world, bad)
    judge(world)
    now = datetime.now(UTC)
    assert ask_unjudged(now) == 0
    RevocationList.objects.update(judged_at=soon(hours=-25))
    assert ask_unjudged(now) == 2
    after = again(good)
    assert after.judged_by is None
    assert after.next_attempt_at is not None
    assert after.next_attempt_at < now + DAY
    assert again(bad).next_attempt_at is None, "it stays revoked"
    assert ask_unjudged(now) == 0
    assert ask_unjudged in {task.run for task in CHORES}


def test_a_list_that_is_gone_judges_nobody(world: World, hospitals: list[Hospital]) -> None:
    kept = stand(hospitals[0], world)
    judge(world)
    RevocationList.objects.all().delete()
    assert again(kept).checked_at == again(kept).revocation_checked_at
    assert ask_unjudged(datetime.now(UTC)) == 1
    assert again(kept).next_attempt_at is not None


def listing(parts_at: list[Any] | None = None, **point: Any) -> x509.CertificateRevocationList:
    """A list with a distribution point of its own; the same certificate stands on it twice."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([]))
        .last_update(soon())
        .next_update(soon(days=1))
    )
    values: dict[str, Any] = dict.fromkeys(
        ("full_name", "relative_name", "only_some_reasons"), None
    ) | dict.fromkeys(
        (
            "only_contains_user_certs",
            "only_contains_ca_certs",
            "indirect_crl",
            "only_contains_attribute_certs",
        ),
        False,
    )
    if point:
        extension = x509.IssuingDistributionPoint(**(values | point))
        builder = builder.add_extension(extension, critical=True)
    if parts_at is not None:
        place = x509.DistributionPoint(parts_at, None, None, None)
        builder = builder.add_extension(x509.FreshestCRL([place]), critical=False)
    for reason in (HOLD, COMPROMISED):
        entry = x509.RevokedCertificateBuilder().serial_number(0xAB).revocation_date(soon(days=-1))
        builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), False).build())
    from cryptography.hazmat.primitives import hashes

    return builder.sign(key(9), hashes.SHA256())


def test_which_lists_speak_of_all() -> None:
    here, there = ([x509.UniformResourceIdentifier(f"http://{one}.example/")] for one in ("a", "b"))
    address = "http://a.example/"
    assert speaks_of_all(listing(), address)
    assert speaks_of_all(listing(full_name=here), address)
    assert speaks_of_all(listing(only_contains_user_certs=True), address)
    for point in (
        {"full_name": there},
        {"only_contains_ca_certs": True},
        {"only_contains_attribute_certs": True},
        {"indirect_crl": True},
        {"only_some_reasons": frozenset({COMPROMISED})},
    ):
        assert not speaks_of_all(listing(**point), address), point
    assert not speaks_of_all(listing(parts_at=there), address), "a part of it says more"


def test_of_two_entries_about_one_the_final_one_counts() -> None:
    [entry] = entries_of(listing())
    assert entry == Entry("ab", entry.revoked_at, "keyCompromise", True)
