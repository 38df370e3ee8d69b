"""Who signs the end of a certificate: nobody else's card, contract, mandate or tenant."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, Revocation
from organisations.models import Mandate
from organisations.tenancy import acting_for
from tests.certificates.revocations.stages import (
    ask,
    reload,
    sign,
    step,
    take_in,
    to_sign,
)
from tests.certificates.revocations.test_revocations import S, problem
from tests.certificates.stages import enrolled
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


def test_acceptance_stays_in_acceptance(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    enrolled(holder)
    certificate = take_in(hospital.organisation, government)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=certificate.pk).update(environment=Environment.ACCEPTANCE)
        certificate.refresh_from_db()
    revocation = step(hospital, ask(hospital, certificate))
    assert revocation.state == S.REJECTED, "the other authority does not know it"
    assert "CERT_REQUEST_NOT_FOUND" in str(problem(revocation))


def test_nobody_elses_card_and_nobody_elses_contract(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    job = holder.revocation_job(revocation.job.pk)
    other = Holder(
        issue_identity(government.state, "93051822361", "Luc", "Dubois"), device_key=holder.device_key
    )
    contract = job.request.contract
    another = take_in(hospital.organisation, government)
    cases = [
        (other.signed_revocation(job.request), "wrong_signer"),
        (
            holder.signed_revocation(
                replace(job.request, contract=replace(contract, revocation_reason="superseded"))
            ),
            "contract_altered",
        ),
        (
            holder.signed_revocation(
                replace(job.request, contract=replace(contract, texts=contract.texts[:1]))
            ),
            "contract_altered",
        ),
        (
            holder.signed_revocation(
                replace(job.request, public_key_identifier=another.public_key_identifier)
            ),
            "contract_altered",
        ),
        (b"<a/>", "request_malformed"),
        (holder.signed_revocation(job.request)[:-40], "request_malformed"),
        (
            holder.signed_revocation(job.request).replace(b"keyCompromise", b"superseded"),
            "signature_invalid",
        ),
    ]
    for data, code in cases:
        answer = holder.send(job.id, data)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    revocation = reload(hospital, revocation)
    assert (revocation.state, revocation.sealed_signed_request) == (S.AWAITING_SIGNATURE, None)
    assert sign(hospital, holder, revocation).state == S.SIGNED


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ({"expired": True}, "card_expired"),
        ({"revoked": "signature"}, "card_revoked"),
        ({"without_nonrepudiation": True}, "not_a_signature_certificate"),
    ],
)
def test_a_card_that_cannot_sign(
    hospital: Hospital, holder: Holder, government: SandboxProcess, kind: dict[str, object], code: str
) -> None:
    revocation = to_sign(hospital, holder, government)
    bad = Holder(
        issue_identity(government.state, "85073003328", "An Marie", "Peeters", **kind),
        device_key=holder.device_key,
    )
    job = holder.revocation_job(revocation.job.pk)
    answer = holder.send(job.id, bad.signed_revocation(job.request))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert reload(hospital, revocation).state == S.AWAITING_SIGNATURE


def test_a_mandate_that_ended_meanwhile(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    job = holder.revocation_job(revocation.job.pk)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(withdrawn_on=date(2021, 1, 1))
    answer = holder.send(job.id, holder.signed_revocation(job.request))
    assert (answer.status_code, answer.json()["code"]) == (409, "mandate_ended")
    assert reload(hospital, revocation).state == S.AWAITING_SIGNATURE


def test_another_tenants_revocation_shows_nothing(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    data = holder.signed_revocation(holder.revocation_job(revocation.job.pk).request)
    make_hospital(
        name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361", surname="Dubois"
    )
    stranger = enrolled(Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois")))
    path = f"/agent/v1/jobs/{revocation.job.pk}"
    for answer in (
        stranger.call("GET", path),
        stranger.call("GET", f"{path}/outcome"),
        stranger.call("POST", f"{path}/decline", {"reason": ""}),
        stranger.send(revocation.job.pk, data),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
    with acting_for([], as_platform=True):
        assert not Revocation.objects.filter(pk=revocation.pk).exists()


def test_endpoints_of_other_jobs_know_nothing_of_a_revocation(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    answer = holder.call(
        "POST",
        f"/agent/v1/jobs/{revocation.job.pk}/stored",
        {"fingerprint": revocation.certificate.fingerprint, "format": "modern"},
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
    assert reload(hospital, revocation).requested_at <= datetime.now(UTC)
