"""Two activations of one name at once: they are written down one after the other, and neither is given up."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from certificates.domain.tokens import TokenState
from certificates.models import Certificate, EncryptionToken
from certificates.services.tokens.activate import note_active
from organisations.models import AuditEvent
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.requests.test_at_once import at_once
from tests.certificates.web.shelf import give_token, shelve
from tests.support.hospital import Hospital, make_hospital

TIMES = 12
"""How often two are activated at once: before tokens were locked in key order, PostgreSQL gave one up each time."""


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital()


def activation(certificate: Certificate) -> Callable[[], None]:
    def note() -> None:
        with acting_for([certificate.organisation_id], as_platform=True):
            note_active(certificate, actor=Actor.platform(), now=datetime.now(UTC))

    return note


def test_two_activations_of_one_name_wait_for_one_another(committed: Hospital) -> None:
    here = committed.organisation
    for number in range(TIMES):
        name = f"ONCE{number}"
        pair = [shelve(here, name, days) for days in (30, 1000)]
        for one in pair:
            give_token(one, TokenState.WAITING)
        acts = [activation(one) for one in pair]
        results: list[object] = []
        at_once(2, results, lambda acts=acts: acts.pop()())
        assert results == [None, None], results
        with acting_for([here.pk], as_platform=True):
            states = EncryptionToken.objects.filter(certificate__in=pair).values_list("state", flat=True)
            assert sorted(states) == [TokenState.ACTIVE, TokenState.REPLACED]
            events = AuditEvent.objects.filter(subject_id__in=[one.pk for one in pair])
            said = (
                events.filter(action__startswith="token_").order_by("action").values_list("action", flat=True)
            )
            assert list(said) == ["token_activated", "token_replaced"]
