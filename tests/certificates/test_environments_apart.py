"""Production and acceptance: whatever belongs to one is worth nothing in the other, whichever door is tried."""

import base64
import re
from collections.abc import Iterator

import pytest
import pytest_django
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.checks import run_checks
from django.db import connection

from agent.errors import StoreError
from agent.stores.chains import verify_chain
from agent.wire.jobs import Identifier, Signer
from agent.wire.pki.names import certificate_file_name, read_file_name
from certificates.certra.errors import Rejected
from certificates.certra.facts import RevocationWish
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.revocation import RevocationReason
from certificates.domain.x509 import read_certificate
from certificates.models import Certificate, CertificateRequest
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.requests.collect import take_delivery
from certificates.services.signing.gateways import depot_of, gateway_of, token_gateway_of
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, validate
from organisations.models import AuditEvent
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import preview, stored, take, upload
from tests.certificates.signing import signed_requests
from tests.certificates.signing.signed_requests import an, new_application_id
from tests.certificates.stages import enrolled, now, registered, when_due
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL
from tests.sandbox.operations.test_journey import certificates, get, submit
from tests.sandbox.tokens.messages import System, register, system
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

BOTH = [("production", "acceptance"), ("acceptance", "production")]
SIGNER = Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters")


@pytest.fixture(params=BOTH, ids=["production", "acceptance"])
def sides(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The environment that something belongs to, and the one where it is tried."""
    pair: tuple[str, str] = request.param
    return pair


@pytest.fixture
def here(sides: tuple[str, str]) -> str:
    return sides[0]


@pytest.fixture
def there(sides: tuple[str, str]) -> str:
    return sides[1]


@pytest.fixture
def holder_of_one(government: SandboxProcess, here: str) -> System:
    """An eHealth certificate of one environment, with its key."""
    return system(government, an(government), new_application_id(), here)


# --- what leaves


@pytest.mark.parametrize("environment", list(Environment))
def test_a_gateway_reaches_its_own_environment(government: SandboxProcess, environment: Environment) -> None:
    before = government.control_get("/control/received")[-1:]
    gateway_of(environment).organisation_types()
    with pytest.raises(Rejected):
        token_gateway_of(environment).activate_token(
            signed_requests.activate(signed_requests.stranger(government))
        )
    depot_of(environment).token_of(Identifier(*HOSPITAL), "NOBODY")
    seen = government.control_get("/control/received")
    if before:  # the sandbox keeps the last thousand: what is new comes after the line that was the last one
        seen = seen[seen.index(before[0]) + 1 :]
    assert {line["environment"] for line in seen} == {environment.value}
    assert len(seen) == 3


def test_a_word_that_is_no_environment_reaches_nobody() -> None:
    for opened in (gateway_of, token_gateway_of, depot_of):
        with pytest.raises(ValueError, match="staging"):
            opened("staging")


def test_an_installation_that_mixes_them_does_not_start(
    government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    assert run_checks() == []
    settings.CERTRA_ENDPOINTS = dict.fromkeys(("production", "acceptance"), government.production)
    settings.CERTRA_ANCHORS = dict.fromkeys(
        ("production", "acceptance"), settings.CERTRA_ANCHORS["production"]
    )
    assert {found.id for found in run_checks()} >= {"ehportal.E004", "ehportal.E010"}


# --- what is offered to the other side's government


def refused(call: object, *arguments: object) -> tuple[str, ...]:
    with pytest.raises(Rejected) as caught:
        call(*arguments)  # type: ignore[operator]  # a bound method of a gateway
    return caught.value.codes


def test_a_certificate_signs_nothing_for_the_other_side(holder_of_one: System, here: str, there: str) -> None:
    key = signed_requests.start(holder_of_one)
    info = signed_requests.own_info(holder_of_one)
    assert refused(token_gateway_of(there).start_token, key) == ("CERTIFICATE_NOT_TRUSTED",)
    assert refused(gateway_of(there).certificate_info, info) == ("CERTIFICATE_NOT_TRUSTED",)
    assert refused(gateway_of(there).certificate_chain, holder_of_one.pki) == ("CERT_REQUEST_NOT_FOUND",)
    assert gateway_of(here).certificate_info(info).public_key_identifier == holder_of_one.pki


def test_the_register_of_one_does_not_know_the_other(
    government: SandboxProcess, holder_of_one: System, here: str, there: str
) -> None:
    asked = signed_requests.citizen_infos(an(government))

    def known(environment: str) -> set[str]:
        return {one.public_key_identifier for one in gateway_of(environment).certificate_infos(asked)}

    assert holder_of_one.pki in known(here)
    assert holder_of_one.pki not in known(there)


def test_a_token_lies_in_one_depot(holder_of_one: System, here: str, there: str) -> None:
    reply, _, _ = register(holder_of_one)
    name = application_id_of(holder_of_one.chain[0])
    assert depot_of(here).token_of(Identifier(*HOSPITAL), name) is not None
    assert depot_of(there).token_of(Identifier(*HOSPITAL), name) is None
    assert reply.code == "success"


def application_id_of(certificate: x509.Certificate) -> str:
    found = re.search(r", (\w+)$", messages.name_attribute(certificate))
    assert found is not None
    return found[1]


def test_a_revocation_stays_on_its_side(
    government: SandboxProcess, holder_of_one: System, here: str, there: str
) -> None:
    wish = RevocationWish(holder_of_one.pki, SIGNER, RevocationReason.SUPERSEDED)
    assert refused(gateway_of(there).generate_revocation_contract, wish) == ("CERT_REQUEST_NOT_FOUND",)
    contract = gateway_of(here).generate_revocation_contract(wish)
    signed = signed_requests.revocation(an(government), holder_of_one.pki, contract)
    assert refused(gateway_of(there).revoke, signed) == ("CONTRACT_MISMATCH",)
    assert gateway_of(here).certificate_info(signed_requests.own_info(holder_of_one)).revocable
    gateway_of(here).revoke(signed)


def test_a_signed_request_is_refused_by_the_other_government(
    government: SandboxProcess, here: str, there: str
) -> None:
    card = an(government)
    reply = messages.call(
        getattr(government, here), messages.contract_request(card, HOSPITAL, new_application_id())
    )
    contract = reply.element.find("m:Contract", messages.NS)
    assert contract is not None
    pkcs10 = messages.csr(contract.findtext("k:DN", "", messages.NS), messages.new_key())
    signed = signed_requests.by_card(
        messages.certificate_request(contract, pkcs10, ("tsa",)), card, "Signature"
    )
    assert refused(gateway_of(there).submit, signed) == ("CONTRACT_MISMATCH",)
    assert gateway_of(here).submit(signed).public_key_identifier


# --- what is offered to this server


def test_what_was_signed_for_one_job_does_not_pass_for_the_other(
    hospital: Hospital, holder: Holder, government: SandboxProcess, here: str, there: str
) -> None:
    enrolled(holder)
    name = new_application_id()
    mine, other = (
        hospital.step(hospital.request(application_id=name, environment=Environment(one)))
        for one in (here, there)
    )
    jobs = {one.pk: holder.job(one.job.pk) for one in (mine, other)}
    assert (jobs[mine.pk].environment, jobs[other.pk].environment) == (here, there)
    assert jobs[mine.pk].request.contract.dn == jobs[other.pk].request.contract.dn
    data = holder.signed(jobs[mine.pk].request, rsa.generate_private_key(65537, 2048))
    answer = holder.send(other.job.pk, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "contract_altered")
    assert hospital.reload(other).state == RequestState.AWAITING_SIGNATURE
    assert holder.send(mine.job.pk, data).status_code == 202
    again = holder.send(other.job.pk, data)
    assert again.json()["code"] == "contract_altered", "and not after it was taken either"


def twin(government: SandboxProcess, request: CertificateRequest, there: str) -> list[bytes]:
    """The other environment's certificate with the very key and name of `request`, and its issuer."""
    base, key = getattr(government, there), KEYS[request.pk.hex]
    reply, _ = submit(base, an(government), HOSPITAL, request.application_id, key)
    assert reply.code == "success", reply.body
    return [
        one.public_bytes(Encoding.DER) for one in certificates(get(base, request.public_key_identifier or ""))
    ]


KEYS: dict[str, rsa.RSAPrivateKey] = {}


@pytest.fixture
def waiting(
    hospital: Hospital, holder: Holder, government: SandboxProcess, here: str
) -> Iterator[CertificateRequest]:
    """A request that the government of one environment took, whose key this test holds."""
    enrolled(holder)
    request = hospital.step(
        hospital.request(application_id=new_application_id(), environment=Environment(here))
    )
    job, key = holder.job(request.job.pk), rsa.generate_private_key(65537, 2048)
    assert holder.send(job.id, holder.signed(job.request, key)).status_code == 202
    request = hospital.step(request)
    assert request.state == RequestState.AWAITING_CERTIFICATE
    KEYS[request.pk.hex] = key
    yield request
    KEYS.clear()


def test_the_same_key_and_name_from_the_other_side_is_not_delivered(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    waiting: CertificateRequest,
    here: str,
    there: str,
) -> None:
    chain = twin(government, waiting, there)
    take_delivery(waiting, chain, now=now())
    request = hospital.reload(waiting)
    assert request.state == RequestState.AWAITING_CERTIFICATE
    assert request.problem is not None
    assert request.problem["summary"] == "certificate_not_trusted"
    assert stored(hospital) == []
    request = when_due(hospital, request)
    assert request.state == RequestState.ISSUED, "the right one is taken"
    outcome = holder.outcome(request.job.pk)
    anchors = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in outcome["trust_anchors"]]
    root = x509.load_pem_x509_certificate((government.pki / here / "root.pem").read_bytes())
    assert anchors == [root], "the workstation hears of one environment's root only"
    foreign = [x509.load_der_x509_certificate(der) for der in chain]
    with pytest.raises(StoreError, match="certificate_untrusted"):
        verify_chain(foreign, anchors, now=now())
    own = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in outcome["certificates"]]
    verify_chain(own, anchors, now=now())


def test_anchors_judge_their_own_certificates_only(
    government: SandboxProcess, holder_of_one: System, here: str, there: str
) -> None:
    leaf, issuer, _root = holder_of_one.chain

    def judged(environment: str) -> Trust:
        anchors = certificate_anchors(Environment(environment))
        return validate(leaf, [issuer], anchors, check_revocation=False).trust

    assert (judged(here), judged(there)) == (Trust.TRUSTED, Trust.NOT_TRUSTED)
    assert not set(certificate_anchors(Environment.PRODUCTION)) & set(
        certificate_anchors(Environment.ACCEPTANCE)
    )


def test_an_import_finds_the_environment_in_the_chain(hospital: Hospital, government: SandboxProcess) -> None:
    pairs = {
        one: system(government, an(government), new_application_id(), one)
        for one in ("production", "acceptance")
    }
    batch = upload(
        hospital,
        [(f"{one}.pem", pair.chain[0].public_bytes(Encoding.PEM)) for one, pair in pairs.items()],
    )
    lines = preview(hospital, batch)
    assert {(line.file, line.environment, line.trusted) for line in lines} == {
        ("production.pem", "production", True),
        ("acceptance.pem", "acceptance", True),
    }
    assert take(hospital, batch, {line.key for line in lines}) == 2
    kept = {one.public_key_identifier: one.environment for one in stored(hospital)}
    assert kept == {pair.pki: one for one, pair in pairs.items()}


def test_a_wrong_guess_of_an_import_is_put_right(
    hospital: Hospital, government: SandboxProcess, holder_of_one: System, here: str, there: str
) -> None:
    facts = read_certificate(holder_of_one.chain[0].public_bytes(Encoding.DER))
    issuer = holder_of_one.chain[1].public_bytes(Encoding.DER)

    def add(environment: str, *, trusted: bool) -> tuple[Certificate, bool]:
        with acting_for([hospital.organisation.pk], as_platform=True):
            return add_certificate(
                hospital.organisation,
                facts,
                environment=Environment(environment),
                chain=[issuer] if trusted else [],
                chain_trusted=trusted,
                source="imported",
                actor=Actor.platform(),
                now=now(),
            )

    assert add(there, trusted=False)[1] is True
    assert add(here, trusted=True)[1] is False
    assert add(there, trusted=False)[1] is False, "a guess does not undo what is known"
    [kept] = stored(hospital)
    assert (kept.environment, kept.chain_trusted, len(kept.above)) == (here, True, 1)
    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(subject_id=kept.pk).order_by("happened_at")
        assert [one.action for one in events] == ["certificate_imported", "certificate_recognised"]


def test_rows_that_belong_together_name_one_environment(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    for environment in Environment:
        request = registered(hospital, holder, environment=environment)
        assert when_due(hospital, request).state == RequestState.ISSUED
    with acting_for([hospital.organisation.pk], as_platform=True), connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.environment, c.environment, c.chain_trusted FROM certificates_certificaterequest r"
            " JOIN certificates_certificate c ON c.id = r.certificate_id ORDER BY 1"
        )
        assert cursor.fetchall() == [("acceptance", "acceptance", True), ("production", "production", True)]


def test_a_file_says_which_side_it_belongs_to(here: str, there: str) -> None:
    made = now()
    name = certificate_file_name("CBE", "0406798006", "LABO", made, here)
    facts = read_file_name(name)
    assert facts is not None
    assert (facts.environment, name.endswith(".acc-p12")) == (here, here == "acceptance")
    assert name != certificate_file_name("CBE", "0406798006", "LABO", made, there)
