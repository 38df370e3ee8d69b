"""The hybrid way against the sandbox: from the wish to the certificate, and everything that can go wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_django
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection

from agent.wire.days import days_left
from agent.wire.link.preparation import Preparation, csr_file
from agent.wire.pki.keys import make_csr
from agent.wire.pki.names import certificate_name, ehealth_dn
from certificates.domain.foreign_lifecycle import (
    CANCELLABLE_STATES,
    FINAL_STATES,
    MACHINE_STATES,
    MOVES,
    ForeignState,
    may_move,
)
from certificates.domain.lifecycle import Environment
from certificates.domain.papers import is_pdf
from certificates.domain.x509 import read_certificate
from certificates.errors.foreigners import (
    ForeignCsrRefused,
    ForeignRequestElsewhere,
    ForeignRequestInProgress,
    ForeignRequestRefused,
)
from certificates.errors.papers import PaperRefused
from certificates.models import Certificate, ForeignRequest, Installation, Paper
from certificates.services.foreigners.preparation import chain_file, hand_out_preparation
from certificates.services.foreigners.progress import (
    cancel_foreign_request,
    note_confirmed,
    note_store_opens,
    note_unconfirmed,
)
from certificates.services.foreigners.submit import is_safe_address
from certificates.services.people.leave import person_leaves
from certificates.services.signing.gateways import gateway_of
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import Foreigner, make_foreigner
from tests.organisations.web.members import signed_in
from tests.support.hospital import PLATFORM, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import is_due

S = ForeignState


NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_the_states_hang_together() -> None:
    assert set(MOVES) == set(S)
    assert {state for state, to in MOVES.items() if not to} == FINAL_STATES - {S.GAVE_UP}
    assert MACHINE_STATES.isdisjoint(FINAL_STATES)
    assert {S.AWAITING_CSR, S.AWAITING_CONFIRMATION} == CANCELLABLE_STATES
    reached, todo = {S.AWAITING_CSR}, [S.AWAITING_CSR]
    while todo:
        for state in MOVES[todo.pop()] - reached:
            reached.add(state)
            todo.append(state)
    assert reached == set(S)
    assert not may_move(S.SUBMITTING, S.CANCELLED), "what may have arrived is not cancelled"


def test_from_wish_to_certificate(giulia: Foreigner) -> None:
    here = giulia.hospital.organisation
    request = giulia.ask()
    with acting_for([here.pk], as_platform=True):
        declaration = Paper.objects.get(foreign_request=request)
        file = hand_out_preparation(request, actor=PLATFORM, now=datetime.now(UTC))
    assert is_pdf(declaration.document)
    assert declaration.values["bis_number"].replace(".", "").replace("-", "") == giulia.bis
    preparation = Preparation.from_json(file)
    assert certificate_name(preparation.dn).value == giulia.bis
    assert preparation.environment == "production"
    key = rsa.generate_private_key(65537, 2048)
    request = giulia.send_csr(request, csr_file(make_csr(key, preparation.dn)))
    assert (request.state, request.public_key_identifier is None) == (S.READY, False)
    assert is_due(request, here.pk, datetime.now(UTC))
    request = giulia.when_due(request)
    assert request.state == S.AWAITING_CONFIRMATION, request.problem
    assert request.validation_url.startswith("http://127.0.0.1")
    assert giulia.bis not in request.validation_url
    assert request.expires_at is not None
    assert days_left(request.expires_at, datetime.now(UTC)) == 14
    request = giulia.when_due(request)
    assert request.state == S.AWAITING_CONFIRMATION
    assert giulia.confirm(request, "85273003371") == 403
    assert giulia.confirm(request) == 200
    with acting_for([here.pk], as_platform=True):
        note_confirmed(request, actor=PLATFORM, now=datetime.now(UTC))
    request = giulia.when_due(giulia.reload(request))
    assert request.state == S.ISSUED, request.problem
    with acting_for([here.pk], as_platform=True):
        certificate = Certificate.objects.get(foreign_request=request)
        chain = x509.load_pem_x509_certificates(chain_file(certificate))
        note_store_opens(request, actor=PLATFORM, now=datetime.now(UTC))
        row = connection.cursor()
        row.execute("SELECT row_to_json(t)::text FROM certificates_foreignrequest t")
        kept = str(row.fetchall())
    assert chain[0].public_key() == key.public_key()
    assert len(chain) == 2
    assert certificate.chain_trusted
    assert certificate.ssin_index == giulia.person.ssin_index
    assert giulia.bis not in kept
    assert giulia.reload(request).state == S.COMPLETED
    assert set(giulia.actions(request)) == {
        "foreign_made",
        "foreign_prepared",
        "foreign_ready",
        "foreign_submitting",
        "foreign_awaiting_confirmation",
        "foreign_awaiting_certificate",
        "foreign_issued",
        "foreign_completed",
    }


def test_the_certificate_comes_also_when_nobody_tells(giulia: Foreigner) -> None:
    request = giulia.registered(environment=Environment.ACCEPTANCE)
    assert giulia.confirm(request) == 200
    request = giulia.step(request)
    assert request.state == S.ISSUED
    assert request.certificate is not None
    assert request.certificate.environment == "acceptance"


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"email_private": "nobody"}, ForeignRequestRefused, "email_private"),
        ({"email_private": ""}, ForeignRequestRefused, "email_private"),
        ({"email_general": "x@"}, ForeignRequestRefused, "email_general"),
        ({"phone_private": " "}, ForeignRequestRefused, "phone_private"),
        ({"phone_private": "+" + "1" * 40}, ForeignRequestRefused, "phone_private"),
        ({"phone_general": "a\x00"}, ForeignRequestRefused, "phone_general"),
        ({"profession": ""}, PaperRefused, "profession"),
        ({"language": "xx"}, PaperRefused, "language"),
    ],
)
def test_a_bad_wish_leaves_nothing(
    giulia: Foreigner, changes: dict[str, str], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refusal:
        giulia.ask(**changes)
    assert refusal.value.extra["field"] == field  # type: ignore[attr-defined]  # both are DomainErrors
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        assert not Paper.objects.exists()
        assert not ForeignRequest.objects.exists()


def test_only_people_with_a_bis_number_of_this_organisation(
    giulia: Foreigner, government: SandboxProcess
) -> None:
    with pytest.raises(PaperRefused):
        giulia.ask(person_id=giulia.hospital.holder.pk)
    other = make_foreigner(make_hospital(name="Kliniek", cbe="0809394427", ssin="93051822361"), government)
    with pytest.raises(ForeignRequestRefused):
        giulia.ask(person_id=other.person.pk)


def test_one_request_a_person_and_environment(giulia: Foreigner) -> None:
    first = giulia.ask()
    with pytest.raises(ForeignRequestInProgress):
        giulia.ask()
    giulia.ask(environment=Environment.ACCEPTANCE)
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        cancel_foreign_request(first, actor=PLATFORM, now=datetime.now(UTC))
    giulia.ask()


def test_csrs_that_are_refused(giulia: Foreigner) -> None:
    request = giulia.ask()
    other = ehealth_dn("SSIN", giulia.bis, "Iemand Anders", None)
    key = rsa.generate_private_key(65537, 2048)
    for content in (
        b"nonsense",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        csr_file(make_csr(rsa.generate_private_key(65537, 3072), request.dn)),
        csr_file(make_csr(key, other)),
        b"x" * 100_000,
    ):
        with pytest.raises(ForeignCsrRefused):
            giulia.send_csr(request, content)
    good = csr_file(make_csr(key, request.dn))
    giulia.send_csr(request, good)
    with pytest.raises(ForeignRequestElsewhere):
        giulia.send_csr(request, good)
    with (
        acting_for([giulia.hospital.organisation.pk], as_platform=True),
        pytest.raises(ForeignRequestElsewhere),
    ):
        hand_out_preparation(giulia.reload(request), actor=PLATFORM, now=datetime.now(UTC))
    # The same key for another request of the same person.
    second = giulia.ask(environment=Environment.ACCEPTANCE)
    with pytest.raises(ForeignCsrRefused):
        giulia.send_csr(second, good)
    assert giulia.reload(second).state == S.AWAITING_CSR


def test_steps_out_of_turn_are_refused(giulia: Foreigner) -> None:
    request, now = giulia.ask(), datetime.now(UTC)
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        for step in (note_confirmed, note_unconfirmed, note_store_opens):
            with pytest.raises(ForeignRequestElsewhere):
                step(request, actor=PLATFORM, now=now)
        stale: Any = ForeignRequest.objects.get(pk=request.pk)
        cancel_foreign_request(request, actor=PLATFORM, now=now)
        for again in (request, stale):
            with pytest.raises(ForeignRequestElsewhere):
                cancel_foreign_request(again, actor=PLATFORM, now=now)


@pytest.mark.parametrize(
    ("url", "sandboxed", "safe"),
    [
        ("https://www.ehealth.fgov.be/validate/abc", False, True),
        ("http://www.ehealth.fgov.be/validate/abc", False, False),
        ("http://127.0.0.1:8000/foreigners/abc", True, True),
        ("javascript:alert(1)", True, False),
        ("data:text/html,x", True, False),
        ("https://user@evil.example/", False, False),
        ("https:///nohost", False, False),
        ("https://[broken", False, False),
        ("https://a.example/ b", False, False),
        ("https://a.example/" + "x" * 500, False, False),
        ("", True, False),
    ],
)
def test_where_people_may_be_sent(
    settings: pytest_django.Settings, url: str, sandboxed: bool, safe: bool
) -> None:
    settings.SANDBOX = sandboxed
    assert is_safe_address(url) is safe


def test_an_installation_found_before_the_certificate_is_matched(giulia: Foreigner) -> None:
    request = giulia.registered()
    assert giulia.confirm(request) == 200
    chain = gateway_of(request.environment).certificate_chain(request.public_key_identifier or "")
    here, now = giulia.hospital.organisation, datetime.now(UTC)
    with acting_for([here.pk], as_platform=True):
        found = Installation.objects.create(
            organisation=here,
            device_id=here.pk,
            machine="PC-GIULIA",
            path="/home/giulia/x.p12",
            file_digest="ab" * 32,
            fingerprint=read_certificate(chain[0]).fingerprint,
            environment="production",
            first_seen_at=now,
            last_seen_at=now,
        )
    request = giulia.step(request)
    with acting_for([here.pk], as_platform=True):
        assert Installation.objects.get(pk=found.pk).certificate_id == request.certificate_id is not None


def test_who_left_sends_nothing_any_more(giulia: Foreigner) -> None:
    waiting, sent = giulia.ask(), giulia.registered(environment=Environment.ACCEPTANCE)
    now = datetime.now(UTC)
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        person_leaves(giulia.person, left_on=now.date(), actor=PLATFORM, now=now)
    assert giulia.reload(waiting).state == S.CANCELLED
    assert giulia.reload(sent).state == S.AWAITING_CONFIRMATION, "the government has it: it goes on"
    assert "foreign_cancelled" in giulia.actions(waiting)
    with pytest.raises(ForeignRequestElsewhere):
        giulia.send_csr(waiting)


def test_handing_out_the_certificate_leaves_a_trace(giulia: Foreigner) -> None:
    request = giulia.registered()
    assert giulia.confirm(request) == 200
    request = giulia.step(request)
    answer = signed_in(giulia.hospital.administrator).get(f"/foreigners/{request.pk}/certificate")
    assert answer.content.startswith(b"-----BEGIN CERTIFICATE-----")
    signed_in(giulia.hospital.administrator).get(f"/certificates/{request.certificate_id}/download")
    with acting_for([giulia.hospital.organisation.pk], as_platform=True):
        traces = AuditEvent.objects.filter(subject_type="certificate", action="certificate_handed_out")
        assert traces.count() == 2
        assert giulia.bis not in str(traces[0].details)
