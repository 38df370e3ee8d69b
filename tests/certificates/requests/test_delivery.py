"""What the government delivers: taken only when it is this key's, this name's and this environment's."""

import pytest
import pytest_django
from cryptography import x509
from cryptography.x509.oid import NameOID

from certificates.domain.lifecycle import RequestState
from certificates.models import Certificate, CertificateRequest
from certificates.services.requests.collect import take_delivery
from organisations.tenancy import acting_for
from tests.certificates.samples import certificate, der, plain_name
from tests.certificates.stages import fault, now, registered, signed, when_due
from tests.support.holder import Holder, any_key
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

S = RequestState


def in_inventory(hospital: Hospital, request: CertificateRequest) -> int:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Certificate.objects.filter(
            organisation=hospital.organisation, application_id=request.application_id
        ).count()


def assert_delivery_problem(request: CertificateRequest, code: str) -> None:
    assert request.problem is not None
    assert (request.problem["kind"], request.problem["summary"]) == ("delivery", code)


def test_a_certificate_for_another_key_is_not_taken_and_the_right_one_is(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = registered(hospital, holder)
    fault(government, "wrong-certificate", "GetCertificate", times=2)
    for attempts in (1, 2):
        request = when_due(hospital, request)
        assert (request.state, request.attempts) == (S.AWAITING_CERTIFICATE, attempts)
        assert_delivery_problem(request, "certificate_for_another_key")
        assert holder.outcome(request.job.pk)["problem"]["code"] == "delivery"
    assert in_inventory(hospital, request) == 0
    request = when_due(hospital, request)
    assert (request.state, request.problem) == (S.ISSUED, None)
    assert in_inventory(hospital, request) == 1


def test_a_wrong_certificate_after_an_unknown_outcome(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = signed(hospital, holder)
    fault(government, "drop-after-commit", "GenerateCertificate")
    request = hospital.step(request)
    fault(government, "wrong-certificate", "GetCertificate")
    request = when_due(hospital, request)
    assert request.state == S.AWAITING_CERTIFICATE
    assert_delivery_problem(request, "certificate_for_another_key")
    assert when_due(hospital, request).state == S.ISSUED


def test_a_certificate_of_the_other_environment_is_not_taken(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    request = registered(hospital, holder)
    right = settings.CERTRA_ANCHORS
    settings.CERTRA_ANCHORS = {"production": right["acceptance"], "acceptance": right["production"]}
    request = when_due(hospital, request)
    assert request.state == S.AWAITING_CERTIFICATE
    assert_delivery_problem(request, "certificate_not_trusted")
    assert in_inventory(hospital, request) == 0
    settings.CERTRA_ANCHORS = right
    assert when_due(hospital, request).state == S.ISSUED


@pytest.mark.parametrize(
    ("chain", "code"),
    [
        ("nothing", "certificate_for_another_key"),
        ("garbage", "certificate_for_another_key"),
        ("another name", "certificate_for_another_key"),
        ("an odd name", "certificate_for_another_key"),
        ("garbage behind", "certificate_for_another_key"),
        ("self-made", "certificate_not_trusted"),
    ],
)
def test_odd_deliveries(hospital: Hospital, holder: Holder, chain: str, code: str) -> None:
    request = registered(hospital, holder)
    with acting_for([hospital.organisation.pk], as_platform=True):
        ours = x509.SubjectKeyIdentifier.from_public_key(any_key().public_key()).digest.hex()
        CertificateRequest.objects.filter(public_key_identifier=ours).update(
            public_key_identifier=None, state=S.REJECTED
        )
        CertificateRequest.objects.filter(pk=request.pk).update(public_key_identifier=ours)
    request = hospital.reload(request)
    public = any_key().public_key()
    right = der(certificate(request.contract_dn, public_key=public))
    odd = plain_name("x", (NameOID.EMAIL_ADDRESS, "x@example.test"))
    chains = {
        "nothing": [],
        "garbage": [b"\x30\x03\x02\x01\x03"],
        "another name": [der(certificate("CN=CBE=0809394427", public_key=public))],
        "an odd name": [der(certificate(odd, public_key=public))],
        "garbage behind": [right, b"x"],
        "self-made": [right],
    }
    take_delivery(request, chains[chain], now=now())
    request = hospital.reload(request)
    assert (request.state, request.attempts) == (S.AWAITING_CERTIFICATE, 1)
    assert_delivery_problem(request, code)
    assert request.next_attempt_at is not None
    assert in_inventory(hospital, request) == 0


def test_a_request_refused_by_hand(hospital: Hospital, holder: Holder, government: SandboxProcess) -> None:
    government.control_post("/control/issuance", {"mode": "manual"})
    request = registered(hospital, holder)
    path = f"/control/requests/production/{request.public_key_identifier}/refuse"
    government.control_post(path, {"reason": "Unknown at this address."})
    request = when_due(hospital, request)
    assert request.state == S.REJECTED
    assert request.problem is not None
    [answer] = request.problem["answers"]
    assert answer["code"] == "CERT_REQUEST_REFUSED"
    assert ["Reason", "Unknown at this address."] in answer["parameters"]
    outcome = holder.outcome(request.job.pk)
    assert (outcome["state"], outcome["problem"]["code"]) == ("rejected", "CERT_REQUEST_REFUSED")


def test_waiting_for_the_authority_is_shown_as_waiting(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    government.control_post("/control/issuance", {"mode": "manual"})
    request = registered(hospital, holder)
    for attempts in (1, 2, 3):
        request = when_due(hospital, request)
        assert (request.state, request.attempts, request.problem) == (S.AWAITING_CERTIFICATE, attempts, None)
    assert holder.outcome(request.job.pk)["state"] == "waiting"
    government.control_post(f"/control/requests/production/{request.public_key_identifier}/deliver")
    assert when_due(hospital, request).state == S.ISSUED
