"""The record: one canonical form, its leaf hash, and no national number whatever somebody typed."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisations.models import AuditEvent
from organisations.services.audit import Actor, canonical, record
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital, make_hospital

NOW = datetime(2026, 11, 23, 10, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def hospital(db: None) -> Hospital:
    return make_hospital()


def test_the_canonical_form() -> None:
    assert canonical({"b": 1, "a": {"z": None, "y": "é", "x": [True, 1.5]}}) == (
        '{"a":{"x":[true,1.5],"y":"é","z":null},"b":1}'.encode()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"])), JSON, max_size=4))
def test_the_order_of_keys_does_not_matter(fields: dict[str, object]) -> None:
    try:
        written = canonical(fields)
    except UnicodeEncodeError:
        return  # a lone surrogate has no UTF-8 form, and no text from outside holds one
    assert canonical(dict(reversed(fields.items()))) == written
    assert json.loads(written) == fields


def test_an_event_is_its_columns_and_its_hash(hospital: Hospital) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    with acting_for([hospital.organisation.pk], as_platform=True):
        event = record(
            hospital.organisation,
            "tried",
            hospital.holder,
            actor=Actor.user(hospital.administrator),
            now=elsewhere,
            colour="blauw",
        )
        found = AuditEvent.objects.get(pk=event.pk)
    content = bytes(found.content)
    assert json.loads(content) == {
        "id": str(found.pk),
        "organisation": str(hospital.organisation.pk),
        "happened_at": "2026-11-23T10:00:00.000005+00:00",
        "action": "tried",
        "subject": {"type": "person", "id": str(hospital.holder.pk)},
        "actor": {"type": "user", "id": str(hospital.administrator.pk), "name": "Els Wouters"},
        "details": {"colour": "blauw"},
    }
    assert content == canonical(json.loads(content))
    assert bytes(found.leaf_hash) == hashlib.sha256(b"\x00" + content).digest()
    assert (found.subject_type, found.subject_id) == ("person", hospital.holder.pk)
    assert (found.happened_at, found.details) == (NOW, {"colour": "blauw"})


def test_the_platform_has_no_id(hospital: Hospital) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        event = record(hospital.organisation, "tried", hospital.holder, actor=Actor.platform(), now=NOW)
    assert (event.actor_type, event.actor_id, event.actor_name) == ("platform", None, "ehportal")


def test_numbers_in_details_are_masked_and_hashes_are_not(hospital: Hospital) -> None:
    fingerprint = "85073003328a" * 5
    with acting_for([hospital.organisation.pk], as_platform=True):
        event = record(
            hospital.organisation,
            "tried",
            hospital.holder,
            actor=Actor.platform(),
            now=NOW,
            reason="call 85.07.30-033.28",
            codes=["85073003328", "OK"],
            fingerprint=fingerprint,
            count=3,
        )
        found = AuditEvent.objects.get(pk=event.pk)
    assert found.details == {
        "reason": "call ••.••.••-•••.28",
        "codes": ["••.••.••-•••.28", "OK"],
        "fingerprint": fingerprint,
        "count": 3,
    }
    assert b"85.07.30" not in bytes(found.content)


def test_an_event_and_its_subject_are_of_one_transaction(hospital: Hospital) -> None:
    def fail_after_recording() -> None:
        with acting_for([hospital.organisation.pk], as_platform=True):
            record(hospital.organisation, "failed", hospital.holder, actor=Actor.platform(), now=NOW)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_recording()
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not AuditEvent.objects.filter(subject_id=hospital.holder.pk, action="failed").exists()
