"""From nothing to a certificate, and on to its replacement."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL, NS, Reply, call
from tests.support.sandbox import SandboxProcess

DAY = 86400


def contract_of(reply: Reply) -> etree._Element:
    found = reply.element.find("m:Contract", NS)
    assert found is not None, reply.body
    return found


def submit(
    base: str,
    card: Identity,
    owner: tuple[str, str] = HOSPITAL,
    application_id: str | None = None,
    key: rsa.RSAPrivateKey | None = None,
) -> tuple[Reply, rsa.RSAPrivateKey]:
    contract = contract_of(call(base, messages.contract_request(card, owner, application_id)))
    key = key or messages.new_key()
    pkcs10 = messages.csr(contract.findtext("k:DN", "", NS), key)
    signed = messages.sign_as(messages.certificate_request(contract, pkcs10, ("tsa",)), card, "Signature")
    return call(base, signed), key


def identifier(key: rsa.RSAPrivateKey) -> str:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()


def get(base: str, pki: str, fault: str | None = None) -> Reply:
    content = f"<m:PublicKeyIdentifier>{pki}</m:PublicKeyIdentifier>"
    return call(base, messages.request("GetCertificate", content), fault)


def certificates(reply: Reply) -> list[x509.Certificate]:
    elements = reply.element.findall("m:X509Certificate", NS)
    return [x509.load_der_x509_certificate(base64.b64decode(e.text or "")) for e in elements]


@pytest.mark.parametrize("card", ["an", "an384"])
@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_a_mandated_person_gets_a_certificate(
    sandbox: SandboxProcess, cards: dict[str, Identity], card: str, environment: str
) -> None:
    base = getattr(sandbox, environment)
    reply, key = submit(base, cards[card], application_id="LABO_1")
    assert reply.code == "success"
    assert reply.element.findtext("m:PublicKeyIdentifier", "", NS) == identifier(key).upper()
    assert reply.element.findtext("m:AutomaticallyValidated", "", NS) == "true"
    leaf, issuing = certificates(get(base, identifier(key)))
    leaf.verify_directly_issued_by(issuing)
    anchor = x509.load_pem_x509_certificate((sandbox.pki / environment / "root.pem").read_bytes())
    issuing.verify_directly_issued_by(anchor)
    assert leaf.public_key() == key.public_key()


def test_the_certificate_is_shaped_like_a_real_one(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    _, key = submit(sandbox.production, cards["an"], application_id="élan-1")
    leaf = certificates(get(sandbox.production, identifier(key)))[0]
    units = [a.value for a in leaf.subject if a.oid == NameOID.ORGANIZATIONAL_UNIT_NAME]
    assert [a.oid._name for a in leaf.subject] == [
        "countryName",
        "organizationName",
        *["organizationalUnitName"] * 4,
        "commonName",
    ]
    assert units == ["ELAN-1", "CBE=0406798006", "AZ SINT-ELISABETH MAASDAL", "eHealth-platform Belgium"]
    assert messages.name_attribute(leaf) == "CBE=0406798006, ELAN-1"
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_encipherment) == (True, True, True)
    others = [usage.data_encipherment, usage.key_agreement, usage.key_cert_sign, usage.crl_sign]
    assert not any(others)
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert timedelta(days=3 * 365 + 1) <= life <= timedelta(days=3 * 365 + 2)
    skid = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert skid.digest.hex() == identifier(key)


def test_a_care_provider_gets_a_personal_certificate(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    reply, key = submit(sandbox.production, cards["sofie"], owner=("SSIN", "00010100105"))
    assert reply.code == "success"
    leaf = certificates(get(sandbox.production, identifier(key)))[0]
    assert messages.name_attribute(leaf) == "SSIN=00010100105"


def test_issuance_takes_its_time_on_the_sandbox_clock(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    sandbox.control_post("/control/issuance", {"delay_seconds": 600})
    _, key = submit(sandbox.production, cards["an"])
    assert get(sandbox.production, identifier(key)).code == "CERT_NOT_YET_DELIVERED"
    sandbox.control_post("/control/clock", {"offset_seconds": 601})
    assert get(sandbox.production, identifier(key)).code == "success"


def test_manual_issuance_waits_for_a_hand(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    sandbox.control_post("/control/issuance", {"mode": "manual"})
    first, kept = submit(sandbox.production, cards["an"], application_id="A")
    assert first.element.findtext("m:AutomaticallyValidated", "", NS) == "false"
    _, refused = submit(sandbox.production, cards["an"], application_id="B")
    assert get(sandbox.production, identifier(kept)).code == "CERT_NOT_YET_DELIVERED"
    path = "/control/requests/production/{}/{}"
    done = sandbox.control_post(path.format(identifier(kept), "deliver"))
    assert (done["state"], done["status"]) == ("delivered", "VALID_ACTIVE")
    sandbox.control_post(path.format(identifier(refused), "refuse"), {"reason": "No proof."})
    assert get(sandbox.production, identifier(kept)).code == "success"
    answer = get(sandbox.production, identifier(refused))
    assert answer.code == "CERT_REQUEST_REFUSED"
    assert answer.parameters()["Reason"] == "No proof."


def test_environments_do_not_know_each_other(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    _, key = submit(sandbox.production, cards["an"])
    assert get(sandbox.acceptance, identifier(key)).code == "CERT_REQUEST_NOT_FOUND"


def test_of_many_callers_at_once_one_is_served(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    """The same bytes from eight threads, then GetCertificate from eight: one request, one certificate."""
    contract = contract_of(call(sandbox.production, messages.contract_request(cards["an"])))
    key = messages.new_key()
    pkcs10 = messages.csr(contract.findtext("k:DN", "", NS), key)
    signed = messages.sign_as(messages.certificate_request(contract, pkcs10), cards["an"], "Signature")
    text = etree.tostring(signed)
    with ThreadPoolExecutor(8) as pool:
        codes = [
            r.code for r in pool.map(lambda _: call(sandbox.production, etree.fromstring(text)), range(8))
        ]
        assert sorted(codes) == [*["KEY_ALREADY_REGISTERED"] * 7, "success"]
        leaves = set(pool.map(lambda _: certificates(get(sandbox.production, identifier(key)))[0], range(8)))
    assert len(leaves) == 1


def test_the_same_key_is_recognised(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    _, key = submit(sandbox.production, cards["an"])
    again, _ = submit(sandbox.production, cards["an"], key=key)
    assert again.code == "KEY_ALREADY_REGISTERED"
    assert again.parameters() == {"PublicKeyIdentifier": identifier(key).upper()}


def test_a_name_is_taken_until_ninety_days_before_its_end(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    _, old = submit(sandbox.production, cards["an"])
    leaf = certificates(get(sandbox.production, identifier(old)))[0]
    early, _ = submit(sandbox.production, cards["an"])
    assert early.code == "DN_ALREADY_ACTIVE"
    opens = leaf.not_valid_after_utc - timedelta(days=90)
    assert early.parameters()["ReplacementPeriodStartDate"] == f"{opens:%Y-%m-%dT%H:%M:%S}.000Z"
    remaining = (opens - datetime.now(UTC)).total_seconds()
    sandbox.control_post("/control/clock", {"offset_seconds": remaining + 60})
    renewed, new = submit(sandbox.production, cards["an"])
    assert renewed.code == "success"
    assert renewed.element.findtext("m:ReplacesCertificate", "", NS) == identifier(old).upper()
    assert get(sandbox.production, identifier(new)).code == "success"
    third, _ = submit(sandbox.production, cards["an"])
    assert third.code == "DN_ALREADY_ACTIVE"


def test_a_certificate_near_its_end_comes_from_the_past(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    """Back a thousand days, issue, and return: what a demonstration of renewal needs."""
    sandbox.control_post("/control/clock", {"offset_seconds": -1020 * DAY})
    _, old = submit(sandbox.production, cards["an"])
    leaf = certificates(get(sandbox.production, identifier(old)))[0]
    sandbox.control_post("/control/clock", {"offset_seconds": 0})
    assert timedelta(days=70) < leaf.not_valid_after_utc - datetime.now(UTC) < timedelta(days=90)
    renewed, _ = submit(sandbox.production, cards["an"])
    assert renewed.element.findtext("m:ReplacesCertificate", "", NS) == identifier(old).upper()


def test_a_second_request_for_a_name_waits_for_the_first(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    sandbox.control_post("/control/issuance", {"mode": "manual"})
    submit(sandbox.production, cards["an"])
    second, _ = submit(sandbox.production, cards["an"])
    assert second.code == "DN_REQUEST_IN_PROGRESS"


def test_a_revoked_certificate_frees_its_name(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    _, key = submit(sandbox.production, cards["an"])
    get(sandbox.production, identifier(key))
    sandbox.control_post(
        f"/control/certificates/production/{identifier(key)}/revoke", {"reason": "keyCompromise"}
    )
    assert submit(sandbox.production, cards["an"])[0].code == "success"


def test_everything_survives_a_restart(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    _, delivered = submit(sandbox.production, cards["an"], application_id="A")
    before = get(sandbox.production, identifier(delivered))
    sandbox.control_post("/control/issuance", {"mode": "manual", "delay_seconds": 1})
    _, pending = submit(sandbox.production, cards["an"], application_id="B")
    contract = contract_of(
        call(sandbox.production, messages.contract_request(cards["an"], application_id="C"))
    )
    sandbox.control_post("/control/faults", {"kind": "soa-02002", "operation": "GetActorQualities"})
    addresses = (sandbox.production, sandbox.acceptance, sandbox.control)
    received = len(sandbox.control_get("/control/received"))
    sandbox.restart()
    assert (sandbox.production, sandbox.acceptance, sandbox.control) == addresses
    assert certificates(get(sandbox.production, identifier(delivered))) == certificates(before)
    assert get(sandbox.production, identifier(pending)).code == "CERT_NOT_YET_DELIVERED"
    assert sandbox.control_get("/control/issuance") == {"mode": "manual", "delay_seconds": 1}
    assert [f["kind"] for f in sandbox.control_get("/control/faults")["faults"]] == ["soa-02002"]
    assert len(sandbox.control_get("/control/received")) == received + 2
    pkcs10 = messages.csr(contract.findtext("k:DN", "", NS), messages.new_key())
    signed = messages.sign_as(messages.certificate_request(contract, pkcs10), cards["an"], "Signature")
    assert call(sandbox.production, signed).code == "success"
