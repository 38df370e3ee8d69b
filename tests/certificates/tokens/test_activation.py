"""Activating a token, and the proof that it can be used."""

import base64
from datetime import timedelta

import pytest

from certificates.domain.tokens import ACTIVATION_REMINDER, TokenState
from certificates.errors.requests import HolderWithoutMandate
from certificates.errors.tokens import TokenRefused
from certificates.models import AgentJob, ContinuityProof, EncryptionToken
from certificates.models.job import JobKind, JobState
from certificates.services.tokens.activate import ask_for, holder_for
from organisations.models import Mandate
from organisations.sealing import unseal
from organisations.services.audit import Actor
from organisations.services.mandates import give_mandate
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.stages import fault, now, tag
from tests.certificates.tokens.desk import Desk, confirm, issued, near_its_end
from tests.certificates.tokens.test_tokens import events
from tests.support.holder import Holder, b64
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import run_errands


def renewal(hospital: Hospital, holder: Holder, government: SandboxProcess) -> tuple[Desk, Desk]:
    """A certificate near its end with its token, and the one that takes its place, whose token waits."""
    name = tag()
    old = near_its_end(hospital, holder, government, application_id=name)
    old.register()
    new = issued(hospital, holder, application_id=name)
    new.register()
    return old, new


def activation_of(desk: Desk) -> AgentJob:
    with acting_for([desk.hospital.organisation.pk], as_platform=True):
        actor = Actor.user(desk.hospital.administrator)
        return ask_for(
            desk.token(), JobKind.ACTIVATE_TOKEN, holder=desk.hospital.holder, actor=actor, now=now()
        )


def test_each_step_is_taken_with_the_job_that_is_for_it(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    check = holder.call("POST", "/agent/v1/checks", {"fingerprint": new.certificate.fingerprint}).json()[
        "job_id"
    ]
    refused = [
        new.activate(),
        new.activate(check),
        new.send("start", new.signer.start_registration(new.encryption_key.public_key()), check),
        new.send("complete", new.signer.activation(), check),
        holder.call("POST", f"/agent/v1/jobs/{check}/token/stored", {"serial": new.token().serial}),
        holder.call("POST", f"/agent/v1/jobs/{check}/stored", {"fingerprint": "", "format": "modern"}),
        holder.call("POST", f"/agent/v1/jobs/{check}/decline", {"reason": ""}),
        holder.call("GET", f"/agent/v1/jobs/{check}/outcome"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "job_unknown")] * 8
    assert new.token().state == TokenState.WAITING


def test_a_token_that_was_replaced_does_not_take_the_depot_back(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    confirm(new)
    job = activation_of(new)
    with acting_for([hospital.organisation.pk], as_platform=True):
        EncryptionToken.objects.filter(pk=new.token().pk).update(state=TokenState.REPLACED)
    answer = new.activate(job.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "token_refused")
    sent = [line["operation"] for line in government.control_get("/control/received")]
    assert sent[-1] != "ActivateETK"


def test_one_that_was_replaced_while_its_activation_waited_for_a_worker_does_not_either(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    confirm(new)
    path, body = (
        f"/agent/v1/jobs/{activation_of(new).pk}/token/activate",
        {"request": b64(new.signer.activation())},
    )
    assert holder.call_once("POST", path, body).status_code == 202
    with acting_for([hospital.organisation.pk], as_platform=True):
        EncryptionToken.objects.filter(pk=new.token().pk).update(state=TokenState.REPLACED)
    assert run_errands() == 1
    answer = holder.call_once("POST", path, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "token_refused")
    sent = [line["operation"] for line in government.control_get("/control/received")]
    assert sent[-1] != "ActivateETK"


def test_without_a_mandate_today_no_token_is_made_or_activated(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    confirm(new)
    job, fresh = activation_of(new), issued(hospital, holder)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(withdrawn_on=now().date() - timedelta(days=1))
    for answer in (new.activate(job.pk), fresh.start()):
        assert (answer.status_code, answer.json()["code"]) == (409, "mandate_ended")
    assert new.token().state == TokenState.WAITING
    with acting_for([hospital.organisation.pk], as_platform=True):
        administrator = hospital.administrator
        assert holder_for(new.certificate, asked_by=administrator, now=now()) is None
        by = Actor.user(administrator)
        luc = add_person(
            hospital.organisation, first_names="Luc", name="Dubois", ssin="93051822361", actor=by, now=now()
        )
        give_mandate(
            hospital.organisation,
            person=luc,
            identifier=hospital.identifier,
            starts_on=now().date(),
            actor=by,
            now=now(),
        )
        assert holder_for(new.certificate, asked_by=administrator, now=now()) == luc
        with pytest.raises(HolderWithoutMandate):
            ask_for(new.token(), JobKind.CHECK_TOKEN, holder=hospital.holder, actor=Actor.user(administrator),
                    now=now())  # fmt: skip


def test_activation_switches_and_is_done_once(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    old, new = renewal(hospital, holder, government)
    token = new.token()
    assert (token.state, token.to_be_activated) == (TokenState.WAITING, True)
    assert old.token().state == TokenState.ACTIVE
    assert not token.waits_too_long(token.state_since + ACTIVATION_REMINDER - timedelta(seconds=1))
    assert token.waits_too_long(token.state_since + ACTIVATION_REMINDER)
    with acting_for([hospital.organisation.pk], as_platform=True):
        actor = Actor.user(hospital.administrator)
        with pytest.raises(TokenRefused):  # no key store holds its key yet
            ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
    confirm(new)
    with acting_for([hospital.organisation.pk], as_platform=True):
        job = ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
        same = ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
    assert job.pk == same.pk, "two clicks are one job"
    document = holder.call("GET", f"/agent/v1/jobs/{job.pk}").json()
    assert (document["kind"], document["token"]["serial"]) == ("activate-token", token.serial)
    fault(government, "drop-after-commit", "ActivateETK")
    assert new.activate(job.pk).status_code == 503
    assert new.activate(job.pk).status_code == 200, "done before counts as done"
    assert new.token().state == TokenState.ACTIVE
    assert old.token().state == TokenState.REPLACED
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AgentJob.objects.get(pk=job.pk).state == JobState.DONE
    assert events(new)[-1] == "token_activated"
    assert events(old)[-1] == "token_replaced"
    depot = holder.call("GET", f"/agent/v1/jobs/{new.job}/token/depot").json()
    kept = new.token().sealed_etk
    assert kept is not None
    assert base64.b64decode(depot["etk"]) == unseal(kept)
    assert len(depot["trust_anchors"]) == 1


def test_what_cannot_be_asked_for(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    desk.start()
    token, actor = desk.token(), Actor.user(hospital.administrator)
    with acting_for([hospital.organisation.pk], as_platform=True):
        for kind in (JobKind.ACTIVATE_TOKEN, JobKind.CHECK_TOKEN):
            with pytest.raises(TokenRefused):
                ask_for(token, kind, holder=hospital.holder, actor=actor, now=now())
    desk.register()
    token = desk.token()
    with acting_for([hospital.organisation.pk], as_platform=True):
        with pytest.raises(TokenRefused):
            ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
        hospital.holder.left_on = now().date()
        hospital.holder.save()
        with pytest.raises(HolderWithoutMandate):
            ask_for(token, JobKind.CHECK_TOKEN, holder=hospital.holder, actor=actor, now=now())


@pytest.mark.parametrize(
    ("finding", "passed"),
    [
        ("ok", True),
        ("other_token", False),
        ("replaced", False),
        ("key_missing", False),
        ("not_opened", False),
    ],
)
def test_the_continuity_proof_is_kept_with_date_and_device(
    hospital: Hospital, holder: Holder, finding: str, passed: bool
) -> None:
    desk = issued(hospital, holder)
    made = desk.register()
    asked = holder.call("POST", "/agent/v1/checks", {"fingerprint": desk.certificate.fingerprint})
    assert asked.status_code == 201
    job = asked.json()["job_id"]
    assert holder.call("GET", f"/agent/v1/jobs/{job}").json()["kind"] == "check-token"
    body = {"finding": finding, "serial": str(made.serial_number)}
    assert holder.call("POST", f"/agent/v1/jobs/{job}/token/proof", body).json() == {"passed": passed}
    with acting_for([hospital.organisation.pk], as_platform=True):
        proof = ContinuityProof.objects.get(certificate=desk.certificate)
        assert (proof.passed, proof.finding, proof.device_label) == (passed, finding, "desk of the test")
        assert AgentJob.objects.get(pk=job).state == JobState.DONE


@pytest.mark.parametrize(
    "body",
    [
        {"finding": "ok", "serial": ""},
        {"finding": "ok", "serial": "7"},
        {"finding": "fine"},
        {"finding": "ok", "serial": "1" * 41},
        {"finding": "ok", "serial": "٣"},
        {},
    ],
)
def test_a_proof_that_no_agent_makes_is_refused(
    hospital: Hospital, holder: Holder, body: dict[str, str]
) -> None:
    desk = issued(hospital, holder)
    desk.register()
    answer = holder.call("POST", f"/agent/v1/jobs/{desk.job}/token/proof", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "proof_malformed")
