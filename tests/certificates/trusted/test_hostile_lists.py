"""Lists that must not be taken: each is refused with its reason, and the last good one stays."""

import base64
import re
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import Purpose, Refusal
from certificates.services.trusted.stores import store_of
from certificates.trust.lists.refused import ListRefused
from certificates.trust.lists.signature import verify
from deploy.sandbox.authorities.pki import ENVIRONMENTS
from deploy.sandbox.lists.operators import Operators
from deploy.sandbox.lists.writing import Issue, sign, write
from deploy.sandbox.state.store import Store
from tests.certificates.trusted.conftest import Lists

pytestmark = pytest.mark.django_db

REFUSED = {
    "wrong-hash": Refusal.HASH,
    "gone": Refusal.UNREACHABLE,
    "older": Refusal.OLDER,
    "same-number": Refusal.OTHER_BYTES,
    "unsigned": Refusal.UNSIGNED,
    "stranger": Refusal.STRANGER,
    "same-key": Refusal.STRANGER,
    "no-usage": Refusal.STRANGER,
    "ended-signer": Refusal.STRANGER,
    "sha1": Refusal.WEAK,
    "wrapped": Refusal.SIGNATURE,
    "changed": Refusal.SIGNATURE,
    "second-id": Refusal.SIGNATURE,
    "over": Refusal.OVER,
    "ahead": Refusal.AHEAD,
    "other-scheme": Refusal.OTHER_LIST,
    "dtd": Refusal.MALFORMED,
    "not-xml": Refusal.MALFORMED,
}


def test_each_wrong_list_is_refused_and_the_good_one_stays(lists: Lists) -> None:
    lists.fetch("transport")
    lists.change("transport", "issue")
    good = lists.fetch("transport")
    assert good.refusal == ""
    assert good.current is not None
    before = store_of(Environment.PRODUCTION, Purpose.TLS, datetime.now(UTC))
    since = None
    for fault, reason in REFUSED.items():
        lists.spoil("transport", fault)
        row = lists.fetch("transport")
        assert (fault, row.refusal, row.current) == (fault, reason, good.current)
        assert row.refused_since is not None
        assert since in (None, row.refused_since), "it is refused since the first time"
        since = row.refused_since
        assert row.next_attempt_at is not None
    assert store_of(Environment.PRODUCTION, Purpose.TLS, datetime.now(UTC)) == before
    lists.spoil("transport", None)
    lists.change("transport", "issue")
    row = lists.fetch("transport")
    assert (row.refusal, row.refused_since) == ("", None)
    assert row.current is not None
    assert row.current.sequence == good.current.sequence + 1


def test_what_is_too_large_is_not_read_to_its_end(lists: Lists) -> None:
    lists.spoil("person", "huge")
    assert lists.fetch("person").refusal == Refusal.UNREACHABLE


def test_without_a_digest_the_list_is_asked_for(lists: Lists) -> None:
    lists.spoil("person", "no-hash")
    row = lists.fetch("person")
    assert row.refusal == ""
    assert row.current is not None


def test_the_held_list_is_refused_once_the_next_should_be_there(lists: Lists) -> None:
    good = lists.fetch("transport")
    assert good.current is not None
    assert good.current.next_update is not None
    later = good.current.next_update + timedelta(seconds=1)
    row = lists.fetch("transport", now=later)
    assert row.refusal == Refusal.OVER
    assert row.current == good.current


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("stranger", None),
        ("same-key", None),
        ("no-usage", Refusal.SIGNER_USAGE),
        ("ended-signer", Refusal.SIGNER_ENDED),
    ],
)
def test_a_signer_who_is_known_must_be_fit(lists: Lists, fault: str, reason: Refusal | None) -> None:
    lists.spoil("application", fault)
    with urllib.request.urlopen(lists.row("application").address) as answer:  # noqa: S310  # our own sandbox
        content = answer.read()
    found = re.search(rb"<ds:X509Certificate>([^<]+)<", content)
    assert found is not None
    anchor = base64.b64decode(found[1])
    if reason is None:
        assert verify(content, [anchor], datetime.now(UTC)).signer_der == anchor
        return
    with pytest.raises(ListRefused) as refused:
        verify(content, [anchor], datetime.now(UTC))
    assert refused.value.reason is reason


def test_a_signature_over_the_whole_document_is_one_over_the_list(tmp_path: Path) -> None:
    store, now = Store(tmp_path), datetime.now(UTC)
    for name in ("private", *ENVIRONMENTS):
        (tmp_path / "pki" / name).mkdir(parents=True, exist_ok=True)
    operator = Operators(tmp_path, store, now).current("production")
    issue = Issue("production", "person", 1, now, now + timedelta(days=90), [])
    anchor = operator.certificate.public_bytes(Encoding.DER)
    content = sign(write(issue), operator, now, by_id=False)
    assert verify(content, [anchor], now).signer_der == anchor
    spoiled = content.replace(b"<SchemeTerritory>BE<", b"<SchemeTerritory>NL<")
    with pytest.raises(ListRefused, match="does not verify"):
        verify(spoiled, [anchor], now)


def test_a_closed_list_is_the_last_and_its_stores_stay(lists: Lists) -> None:
    lists.fetch("person")
    lists.change("person", "close")
    row = lists.fetch("person")
    assert row.current is not None
    assert row.current.next_update is None
    assert row.closed_at is not None
    assert row.next_attempt_at is None
    store = store_of(Environment.PRODUCTION, Purpose.AUTHORITIES, datetime.now(UTC))
    assert len(store.entries) == 4
    lists.change("person", "add", "Sandbox Web CA after the end")
    again = lists.fetch("person")
    assert again.current == row.current
