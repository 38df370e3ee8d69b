"""What an authority says is fetched once for all processes: verified, newest, and asked for again in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.db.models import F
from django.test import Client

from certificates.models import Issuer, RevocationList, StatusAnswer
from certificates.services.status.renew_lists import ListNotRenewed, renew_list
from certificates.services.status.shared_answers import SharedAnswers
from certificates.trust.kept_answers import KeptAnswers, Sharing, share_answers
from certificates.trust.paths import Trust, validate
from tests.certificates.samples import der
from tests.ehportal.operation.metrics import scraped
from tests.support.authority import key
from tests.support.responder import World, outside, soon

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world(every_call_is_made: None) -> Iterator[World]:
    with outside() as made:
        made.list_of("issuing", [])
        another_process()
        yield made


def another_process() -> None:
    """Forget what is in this process's memory, as one that has just started."""
    share_answers(SharedAnswers(KeptAnswers()))


def trust(world: World, leaf: x509.Certificate | None = None, sharing: Sharing = Sharing.LISTS) -> Trust:
    return validate(
        leaf or world.leaf, [world.issuing], [der(world.root)], check_revocation=True, sharing=sharing
    ).trust


def kept(world: World, path: str = "issuing") -> RevocationList:
    return RevocationList.objects.get(address=f"{world.base}/{path}.crl")


def age(**values: object) -> None:
    """Let an hour pass for what is kept."""
    RevocationList.objects.update(fresh_until=F("fresh_until") - HOUR, used_at=F("used_at") - HOUR, **values)


def renew(row: RevocationList, at: datetime | None = None) -> None:
    renew_list(row.turn, row.pk, now=at or datetime.now(UTC))


def test_all_processes_judge_by_one_list(world: World) -> None:
    revoked = world._issue("Revoked", key(9), "World Issuing", world.keys[1], path="issuing")
    world.list_of("issuing", [revoked.serial_number])
    for _process in range(3):
        another_process()
        assert (trust(world), trust(world, revoked)) == (Trust.TRUSTED, Trust.REVOKED)
    assert (world.asked.count("/issuing.crl"), world.asked.count("/root.crl")) == (1, 1)
    row = kept(world)
    assert row.number == 7
    assert bytes(row.issuer.der) == der(world.issuing)
    assert row.next_update - row.this_update == timedelta(days=7)
    assert Issuer.objects.count() == 2, "each authority once"


def test_an_answer_about_an_authority_serves_all(world: World) -> None:
    """The root's responder tells of the issuing authority; of the certificate itself nothing is kept."""
    told = ocsp.OCSPResponseBuilder().add_response(
        world.issuing, world.root, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD,
        soon(), soon(hours=3), None, None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, world.root)  # fmt: skip
    answer = told.sign(world.keys[0], hashes.SHA256()).public_bytes(Encoding.DER)
    world.answers["/root.ocsp"] = lambda _question: answer
    for _process in range(2):
        another_process()
        assert trust(world) is Trust.TRUSTED
    assert world.asked.count("/root.ocsp") == 1
    assert world.asked.count("/issuing.ocsp") == 2
    assert StatusAnswer.objects.get().until <= datetime.now(UTC) + HOUR + timedelta(minutes=1)


def test_after_an_hour_only_what_is_newer_comes(world: World) -> None:
    world.tags["/issuing.crl"] = '"one"'
    assert trust(world) is Trust.TRUSTED
    age()
    assert trust(world) is Trust.TRUSTED
    assert trust(world) is Trust.TRUSTED, "confirmed for another hour"
    assert world.asked.count("/issuing.crl") == 2
    assert world.unchanged == ["/issuing.crl"]
    age()
    world.tags["/issuing.crl"] = '"two"'
    world.list_of("issuing", [world.leaf.serial_number], number=8)
    assert trust(world) is Trust.REVOKED
    assert kept(world).number == 8
    assert kept(world).etag == '"two"'


@pytest.mark.parametrize("older", [{"number": 6}, {"at": soon(days=-1), "until": soon(days=5)}])
def test_no_older_list_takes_a_revocation_back(world: World, older: dict[str, object]) -> None:
    world.list_of("issuing", [world.leaf.serial_number])
    assert trust(world) is Trust.REVOKED
    age()
    world.list_of("issuing", [], **older)  # type: ignore[arg-type]  # number, or dates
    for sharing in (Sharing.LISTS, Sharing.ABOVE):
        another_process()
        assert trust(world, sharing=sharing) is Trust.REVOKED
    assert kept(world).number == 7


def test_what_a_stranger_signed_is_kept_nowhere(world: World) -> None:
    world.list_of("issuing", [], signer=key(9))
    assert trust(world) is Trust.STATUS_UNKNOWN
    assert not RevocationList.objects.filter(address__contains="issuing").exists()


def test_an_address_that_names_a_person_is_kept_nowhere(world: World) -> None:
    leaf = world._issue("Leaf", key(9), "World Issuing", world.keys[1], path="of/85073003328")
    world.list_of("issuing", [])
    world.answers["/of/85073003328.crl"] = world.answers["/issuing.crl"]
    assert trust(world, leaf) is Trust.TRUSTED
    assert not RevocationList.objects.filter(address__contains="85073003328").exists()


def test_a_worker_asks_before_the_hour_is_over(world: World) -> None:
    trust(world)
    row = kept(world)
    assert row.next_attempt_at is not None
    assert row.next_attempt_at < row.fresh_until
    age()
    world.list_of("issuing", [world.leaf.serial_number], number=8)
    renew(row)
    assert world.asked.count("/issuing.crl") == 2
    assert trust(world) is Trust.REVOKED
    assert world.asked.count("/issuing.crl") == 2


def test_a_list_that_nobody_uses_rests_until_somebody_does(world: World) -> None:
    trust(world)
    renew(kept(world), datetime.now(UTC) + timedelta(days=3))
    assert kept(world).next_attempt_at is None
    assert world.asked.count("/issuing.crl") == 1
    RevocationList.objects.update(used_at=F("used_at") - 2 * HOUR)
    trust(world)
    assert kept(world).next_attempt_at is not None


def test_a_list_that_ends_is_told_of_once(
    world: World, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    world.list_of("issuing", [], at=soon(days=-6), until=soon(hours=20))
    trust(world)
    for _again in range(2):
        renew(kept(world))
    assert caplog.text.count("revocation_list_ends") == 1
    found = scraped(client, "ehportal_revocation_lists")
    assert found == {("current",): 1, ("ending",): 1, ("over",): 0}
    [left] = scraped(client, "ehportal_revocation_list_ends_seconds").values()
    assert 19 * 3600 < left < 21 * 3600
    world.list_of("issuing", [], number=8)
    renew(kept(world))
    assert scraped(client, "ehportal_revocation_lists")[("ending",)] == 0
    assert kept(world).warned_at is None


def test_a_list_that_is_over_or_cannot_be_had_is_shown_as_failing(world: World) -> None:
    trust(world)
    RevocationList.objects.update(next_update=soon(seconds=-1), this_update=soon(days=-7))
    world.list_of("issuing", [], at=soon(days=-6), until=soon(seconds=-1))
    with pytest.raises(ListNotRenewed):
        renew(kept(world))
    del world.answers["/issuing.crl"]
    with pytest.raises(OSError, match="503"):
        renew(kept(world))


def test_a_database_that_fails_judges_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what is kept it goes on as one process alone would."""
    from django.db import OperationalError

    class Gone:
        def filter(self, **_: object) -> None:
            raise OperationalError

    monkeypatch.setattr(RevocationList, "objects", Gone())
    monkeypatch.setattr(StatusAnswer, "objects", Gone())
    assert trust(world) is Trust.TRUSTED
