"""What CertRA tells of people, certificates and their end: the real client, the sandbox, requests of a foreign hand."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from agent.wire.jobs import ContactData, Identifier, Signer
from agent.wire.pki.keys import make_csr
from agent.wire.pki.moments import EARLIEST, NO_END
from agent.wire.pki.names import ehealth_dn
from certificates.certra.errors import OutcomeUnknown, Rejected, Transient
from certificates.certra.facts import (
    AuthenticationCertificateStatus,
    EntityType,
    EtkStatus,
    ForeignWish,
    RevocationWish,
)
from certificates.certra.values import validity_of
from certificates.domain.revocation import RevocationReason
from certificates.services.signing.gateways import gateway_of
from tests.certificates.certra.answering import answering, certra_answer, client_of
from tests.certificates.certra.wires import listening
from tests.certificates.signing import signed_requests
from tests.certificates.signing.signed_requests import an, new_application_id, sofie
from tests.sandbox import messages
from tests.sandbox.operations.test_journey import submit
from tests.sandbox.tokens.messages import register, system
from tests.support.holder import issue_identity
from tests.support.sandbox import SandboxProcess

HOSPITAL = Identifier("CBE", "0406798006")
SIGNER = Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters")
BIS = "85273003371"
CONTACT = ContactData("giulia@maasdal.example", "ict@maasdal.example", "+32 11 22 33 44", None)


def test_the_qualities_of_a_mandated_holder(government: SandboxProcess) -> None:
    found = gateway_of("production").actor_qualities(signed_requests.qualities(an(government)))
    assert found.natural_person is False
    assert [one.identifier for one in found.organisations] == [
        HOSPITAL,
        Identifier("NIHII-HOSPITAL", "71000436"),
    ]
    name = found.organisations[0].name
    assert name.in_language("fr") == "Hôpital Sainte-Élisabeth du Val de Meuse"
    assert name.in_language("fr-BE") == name.in_language("fr")
    assert name.in_language("de") == name.values[0][1] == "AZ Sint-Elisabeth Maasdal"


def test_the_qualities_of_a_care_provider(government: SandboxProcess) -> None:
    found = gateway_of("acceptance").actor_qualities(signed_requests.qualities(sofie(government)))
    assert (found.natural_person, found.organisations) == (True, ())


def test_the_types_of_organisations_come_with_their_rules(government: SandboxProcess) -> None:
    types = {one.identifier_type: one for one in gateway_of("production").organisation_types()}
    assert len(types) == 32
    cbe = types["CBE"]
    assert (cbe.validation, cbe.check_digit_algorithms) == ("[01][0-9]{9}", ("MOD97",))
    assert cbe.base_services == ("tsa", "consultrn", "codage", "other")
    assert cbe.name.in_language("nl") == "Ondernemingsnummer"
    assert types["SITE"].check_digit_algorithms == ()


@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_the_register_tells_every_field_of_a_certificate(
    government: SandboxProcess, environment: str
) -> None:
    name = new_application_id()
    holder = system(government, an(government), name, environment)
    gateway = gateway_of(environment)
    [info] = [
        one
        for one in gateway.certificate_infos(signed_requests.citizen_infos(an(government)))
        if one.public_key_identifier == holder.pki
    ]
    leaf = holder.chain[0]
    assert info == gateway.certificate_info(signed_requests.own_info(holder))
    assert timedelta() <= datetime.now(UTC) - info.requested_at < timedelta(minutes=5)
    assert info.entity.entity_type is EntityType.ORGANISATION
    assert (info.entity.actor.ids, info.entity.actor.first_names) == ((HOSPITAL,), ())
    assert info.entity.actor.name == "AZ Sint-Elisabeth Maasdal"
    assert info.entity.application_id == name
    assert info.status is AuthenticationCertificateStatus.VALID_ACTIVE
    assert info.etk_status is EtkStatus.NOT_REQUESTED
    assert (info.automatically_validated, info.revocable, info.replaceable) == (True, True, False)
    assert info.details is not None
    assert info.details.serial_number == str(leaf.serial_number)
    assert info.details.valid_not_before == leaf.not_valid_before_utc
    assert info.details.valid_not_after == leaf.not_valid_after_utc
    assert "0406798006" in info.details.dn
    assert info.details.issuer_dn
    assert info.replacement_period_start is not None
    assert info.replacement_period_start == leaf.not_valid_after_utc - timedelta(days=90)
    assert info.contact_data == ContactData("an@maasdal.example", None, "+32 81 00 00 00", None)
    assert info.base_service_usages == ("tsa",)


def test_a_certificate_of_a_person_and_a_request_that_still_waits(government: SandboxProcess) -> None:
    # Nobody else's test asks for this person: a request of another that waits would be in the way.
    card = issue_identity(government.state, "68021411732", "Karel Jozef", "Verstraete")
    own = system(government, card, owner=("SSIN", "68021411732"))
    register(own)
    [info] = gateway_of("production").certificate_infos(signed_requests.citizen_infos(card))
    assert info.entity.entity_type is EntityType.NATURAL_PERSON
    assert info.entity.actor.first_names == ("Karel", "Jozef")
    assert info.entity.application_id is None
    assert info.etk_status is EtkStatus.VALID_ACTIVE
    government.control_post("/control/issuance", {"mode": "manual"})
    name = new_application_id()
    reply, _ = submit(government.production, an(government), application_id=name)
    [waiting] = [
        one
        for one in gateway_of("production").certificate_infos(signed_requests.citizen_infos(an(government)))
        if one.entity.application_id == name
    ]
    assert reply.code == "success"
    assert waiting.status is AuthenticationCertificateStatus.IN_PROGRESS
    assert (waiting.details, waiting.replacement_period_start) == (None, None)
    assert (waiting.revocable, waiting.automatically_validated) == (False, False)


def test_a_certificate_ends_with_its_contract(government: SandboxProcess) -> None:
    holder = system(government, an(government), new_application_id())
    gateway = gateway_of("production")
    wish = RevocationWish(holder.pki, SIGNER, RevocationReason.CESSATION_OF_OPERATION)
    contract = gateway.generate_revocation_contract(wish)
    assert (contract.revocation_reason, contract.signer) == (RevocationReason.CESSATION_OF_OPERATION, SIGNER)
    assert "0406798006" in contract.dn
    assert {text.lang for text in contract.texts} == {"nl", "fr"}
    signed = signed_requests.revocation(an(government), holder.pki, contract)
    gateway.revoke(signed)
    with pytest.raises(Rejected) as again:
        gateway.revoke(signed)
    assert again.value.answers[0].code == "CERT_NOT_REVOCABLE"
    assert again.value.answers[0].parameters == (("Status", "REVOKED"),)
    with pytest.raises(Rejected) as own:
        gateway.certificate_info(signed_requests.own_info(holder))
    assert own.value.codes == ("CERTIFICATE_REVOKED",)


def test_a_contract_for_another_reason_is_not_shown(government: SandboxProcess) -> None:
    contract = (
        '<p:Contract><c:DN>CN=X</c:DN><c:Signer><cc:Id Type="SSIN">85073003328</cc:Id><cc:Name>P</cc:Name>'
        "</c:Signer><c:RevocationReason>superseded</c:RevocationReason>"
        '<c:Text><c:Value xml:lang="nl">x</c:Value></c:Text></p:Contract>'
    )
    wish = RevocationWish("ab" * 20, SIGNER, RevocationReason.KEY_COMPROMISE)
    with listening(answering(certra_answer("GenerateRevocationContract", contract))) as server:
        client = client_of(f"http://127.0.0.1:{server.port}")
        with pytest.raises(Transient, match="another reason"):
            client.generate_revocation_contract(wish)


def foreign_wish(*, number: str = BIS) -> ForeignWish:
    dn = ehealth_dn("SSIN", BIS, "Giulia De Luca", None)
    person = Signer((Identifier("SSIN", number),), ("Giulia",), "De Luca")
    return ForeignWish(person, CONTACT, make_csr(messages.new_key(), dn))


def test_a_foreigner_gets_an_address_and_a_deadline(government: SandboxProcess) -> None:
    found = gateway_of("production").submit_csr_for_foreigner(foreign_wish())
    assert found.validation_url.startswith(government.production + "/foreigners/")
    assert timedelta(days=13) < found.expires_at - datetime.now(UTC) <= timedelta(days=14)
    with pytest.raises(Rejected) as refused:
        gateway_of("production").submit_csr_for_foreigner(foreign_wish(number="85073003328"))
    assert refused.value.codes == ("INVALID_IDENTIFIER",)


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", "https://", "ftp://x.example/", "https://a:b@x.example/", "https://[/", "x"],
)
def test_an_address_that_is_no_page_is_no_answer(address: str) -> None:
    content = f"<p:ValidationUrl>{address}</p:ValidationUrl><p:ExpirationDate>2026-12-01T00:00:00Z</p:ExpirationDate>"
    with listening(answering(certra_answer("SubmitCSRForForeigner", content))) as server:
        with pytest.raises(OutcomeUnknown):
            client_of(f"http://127.0.0.1:{server.port}").submit_csr_for_foreigner(foreign_wish())
        assert len(server.heard) == 1


INFO = """<p:CertificateInfo><c:RequestedDate>{requested}</c:RequestedDate>
<c:PublicKeyIdentifier>{pki}</c:PublicKeyIdentifier><c:CertificateEntity><c:CertificateIdentifier><c:Actor>
<cc:Id Type="{kind}">0406798006</cc:Id><cc:Name>AZ</cc:Name></c:Actor></c:CertificateIdentifier>
</c:CertificateEntity><c:AuthenticationCertificateStatus>{status}</c:AuthenticationCertificateStatus>
<c:ETKStatus>{etk}</c:ETKStatus><c:AutomaticallyValidated>1</c:AutomaticallyValidated><c:Revocable>0</c:Revocable>
<c:Replaceable>false</c:Replaceable><c:ContactData><c:EmailPrivate/><c:PhonePrivate/></c:ContactData>
<c:BaseServiceUsage>brand-new</c:BaseServiceUsage></p:CertificateInfo>"""
GOOD = {
    "requested": "2026-01-31T10:00:00",
    "pki": "AB" * 20,
    "kind": "CBE",
    "status": "VALID_ACTIVE",
    "etk": "REVOKED",
}


def infos_of(*changes: dict[str, str]) -> bytes:
    content = "".join(INFO.format(**(GOOD | change)) for change in changes)
    return certra_answer("GetCertificateInfoForCitizen", content)


def test_a_status_that_is_new_to_us_hides_nothing() -> None:
    with listening(answering(infos_of({"status": "SUSPENDED", "etk": "FROZEN"}, {}))) as server:
        new, known = client_of(f"http://127.0.0.1:{server.port}").certificate_infos(b"<x/>")
    assert (new.status.value, new.status.is_known, str(new.etk_status)) == ("SUSPENDED", False, "FROZEN")
    assert known.status is AuthenticationCertificateStatus.VALID_ACTIVE
    assert known.status.is_known
    assert known.entity.entity_type is None
    assert known.base_service_usages == ("brand-new",)
    assert known.requested_at == datetime(2026, 1, 31, 9, tzinfo=UTC), "a time without a zone is Belgian"


@pytest.mark.parametrize(
    "change",
    [
        {"requested": "24:00"},
        {"requested": "2026-01-31T24:00:00Z"},
        {"requested": "-0005-01-31T10:00:00Z"},
        {"pki": "AB" * 19},
        {"kind": "two words"},
        {"kind": ""},
        {"status": "<b/>"},
        {"etk": "REVOKED</c:ETKStatus><c:ETKStatus>REVOKED"},
    ],
)
def test_a_register_that_cannot_be_read_is_asked_again(change: dict[str, str]) -> None:
    with listening(answering(infos_of(change, change))) as server:
        client = client_of(f"http://127.0.0.1:{server.port}")
        with pytest.raises(Transient):
            client.certificate_infos(b"<x/>")


@pytest.mark.parametrize(
    "change",
    [
        {"requested": "2026-01-31T24:00:00Z"},
        {"requested": "-0005-01-31T10:00:00Z"},
        {"kind": "two words"},
        {"kind": ""},
    ],
)
def test_one_odd_entry_of_the_register_takes_nothing_from_the_others(change: dict[str, str]) -> None:
    with listening(answering(infos_of({"pki": "ab" * 20}, change, {"pki": "cd" * 20}))) as server:
        found = client_of(f"http://127.0.0.1:{server.port}").certificate_infos(b"<x/>")
    assert [one.public_key_identifier for one in found] == ["ab" * 20, "cd" * 20]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("9999-12-31T23:59:59Z", NO_END),
        ("9999-12-31T23:59:59-12:00", NO_END),
        ("0001-01-01T00:00:00", EARLIEST),
        ("2027-03-29T00:30:00+02:00", datetime(2027, 3, 28, 22, 30, tzinfo=UTC)),
    ],
)
def test_a_certificates_dates_are_within_the_one_range(told: str, kept: datetime) -> None:
    answer = etree.Element("answer")
    etree.SubElement(answer, "end").text = told
    assert validity_of(answer, "end") == kept


def test_a_thousand_certificates_are_one_answer() -> None:
    with listening(answering(infos_of(*[{"pki": f"{number:040x}"} for number in range(1000)]))) as server:
        found = client_of(f"http://127.0.0.1:{server.port}").certificate_infos(b"<x/>")
    assert len({one.public_key_identifier for one in found}) == 1000


def test_a_flood_of_elements_is_refused() -> None:
    flood = certra_answer("GetCertificateInfoForCitizen", "<p:x/>" * 60_000)
    with listening(answering(flood)) as server, pytest.raises(Transient, match="readable"):
        client_of(f"http://127.0.0.1:{server.port}").certificate_infos(b"<x/>")


@pytest.mark.parametrize("count", [0, 2])
def test_one_certificate_asks_about_itself_and_one_is_told(count: int) -> None:
    content = "".join(INFO.format(**GOOD) for _ in range(count))
    answer = certra_answer("GetCertificateInfoForAuthenticationCertificate", content)
    with listening(answering(answer)) as server:
        client = client_of(f"http://127.0.0.1:{server.port}")
        with pytest.raises(Transient):
            client.certificate_info(b"<x/>")


def test_the_chain_of_a_foreign_hand_is_that_of_the_gateway(government: SandboxProcess) -> None:
    holder = system(government, an(government), new_application_id())
    chain = gateway_of("production").certificate_chain(holder.pki)
    assert chain == [one.public_bytes(Encoding.DER) for one in holder.chain[:2]]
