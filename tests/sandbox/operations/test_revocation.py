"""The end of a certificate, signed with an identity card; and the certificate that asks about itself."""

import pytest
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from deploy.sandbox.contracts.revocation import REASONS
from tests.sandbox import messages
from tests.sandbox.authorities.test_revocation import ask
from tests.sandbox.messages import NS, Reply, actor, call
from tests.sandbox.operations.test_journey import contract_of, submit
from tests.sandbox.operations.test_questions import register as infos
from tests.sandbox.tokens.messages import System, depot, errors, register, system
from tests.support.sandbox import SandboxProcess

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def ask_contract(base: str, card: Identity, pki: str, reason: str = "keyCompromise") -> Reply:
    person = card.person
    signer = actor(("SSIN", person.ssin), *person.first_names.split(" "), person.surname)
    content = f"<m:PublicKeyIdentifier>{pki}</m:PublicKeyIdentifier><m:Signer>{signer}</m:Signer>"
    content += f"<m:RevocationReason>{reason}</m:RevocationReason>"
    return call(base, messages.request("GenerateRevocationContract", content))


def revoke_request(pki: str, contract: etree._Element) -> etree._Element:
    element = messages.request("Revoke", f"<m:PublicKeyIdentifier>{pki}</m:PublicKeyIdentifier>")
    element.append(etree.fromstring(etree.tostring(contract)))
    return element


def revoke(
    base: str, card: Identity, pki: str, contract: etree._Element, purpose: str = "Signature"
) -> Reply:
    return call(base, messages.sign_as(revoke_request(pki, contract), card, purpose))


def about_itself(holder: System) -> Reply:
    return holder.ask("GetCertificateInfoForAuthenticationCertificate")


@pytest.mark.parametrize("card", ["an", "an384"])
@pytest.mark.parametrize("reason", REASONS)
def test_a_certificate_and_its_token_end_together(
    sandbox: SandboxProcess, cards: dict[str, Identity], card: str, reason: str
) -> None:
    holder = system(sandbox, cards["an"], "LABO")
    register(holder)
    contract = contract_of(ask_contract(holder.base, cards[card], holder.pki, reason))
    assert contract.findtext("k:RevocationReason", "", NS) == reason
    assert revoke(holder.base, cards[card], holder.pki, contract).code == "success"
    (info,) = infos(holder.base, cards["an"])
    assert info.findtext("k:AuthenticationCertificateStatus", "", NS) == "REVOKED"
    assert info.findtext("k:ETKStatus", "", NS) == "REVOKED"
    assert errors(depot(holder.base, ("CBE", "0406798006", "LABO"))) == ["ETK_NOT_FOUND"]
    told = ask(holder.chain[0], holder.chain[1])
    assert told.certificate_status.name == "REVOKED"
    flags = {"keyCompromise": "key_compromise", "affiliationChanged": "affiliation_changed"}
    flags["cessationOfOperation"] = "cessation_of_operation"
    assert told.revocation_reason is not None
    assert told.revocation_reason.name == flags.get(reason, reason)
    assert about_itself(holder).code == "CERTIFICATE_REVOKED"


def test_the_contract_says_in_two_languages_what_will_end(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder = system(sandbox, cards["an"], "LABO", environment="acceptance")
    contract = contract_of(ask_contract(holder.base, cards["an"], holder.pki, "superseded"))
    texts = {v.get(LANGUAGE): v.text or "" for v in contract.iterfind("k:Text/k:Value", NS)}
    assert set(texts) == {"nl", "fr"}
    for text, words in (
        (texts["nl"], ("An Marie Peeters", "AZ Sint-Elisabeth Maasdal", "kan niet ongedaan", "acceptatie")),
        (texts["fr"], ("An Marie Peeters", "Sainte-Élisabeth", "ne peut pas être annulée", "acceptation")),
    ):
        for word in (*words, str(holder.chain[0].serial_number), "LABO"):
            assert word in text
        assert "85073003328" not in text
    assert REASONS["superseded"]["nl"] in texts["nl"]


def test_revocation_is_done_once(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    contract = contract_of(ask_contract(holder.base, cards["an"], holder.pki))
    element = messages.sign_as(revoke_request(holder.pki, contract), cards["an"], "Signature")
    with pytest.raises(ConnectionError):
        call(holder.base, element, "drop-after-commit")
    again = call(holder.base, element)
    assert (again.code, again.parameters()) == ("CERT_NOT_REVOCABLE", {"Status": "REVOKED"})
    assert ask_contract(holder.base, cards["an"], holder.pki).code == "CERT_NOT_REVOCABLE"


def test_who_may_revoke(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    assert ask_contract(holder.base, cards["luc"], holder.pki).code == "SIGNER_NOT_AUTHORIZED"
    assert ask_contract(holder.base, cards["an"], "00" * 20).code == "CERT_REQUEST_NOT_FOUND"
    assert ask_contract(sandbox.acceptance, cards["an"], holder.pki).code == "CERT_REQUEST_NOT_FOUND"
    contract = contract_of(ask_contract(holder.base, cards["an"], holder.pki))
    assert revoke(holder.base, cards["luc"], holder.pki, contract).code == "SIGNER_MISMATCH"
    assert revoke(holder.base, cards["an"], holder.pki, contract, "Authentication").code == "WRONG_KEY_USAGE"
    assert revoke(sandbox.acceptance, cards["an"], holder.pki, contract).code == "CONTRACT_MISMATCH"
    source = sandbox.control_get("/control/source")
    (mandate, *_) = [m for m in source["mandates"] if m["ssin"] == "85073003328"]
    sandbox.control_post("/control/source", {"mandates": [mandate | {"until": "2020-01-01"}]}, method="PATCH")
    assert revoke(holder.base, cards["an"], holder.pki, contract).code == "SIGNER_NOT_AUTHORIZED"
    assert ask(holder.chain[0], holder.chain[1]).certificate_status.name == "GOOD"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("k:DN", "CN=other"),
        ("k:RevocationReason", "superseded"),
        ("k:Signer/c:Name", "Janssens"),
        ("k:Signer/c:Id", "93051822361"),
        ("k:Text/k:Value", "<p>nothing</p>"),
    ],
)
def test_a_changed_contract_is_not_recognised(
    sandbox: SandboxProcess, cards: dict[str, Identity], path: str, text: str
) -> None:
    holder = system(sandbox, cards["an"])
    contract = contract_of(ask_contract(holder.base, cards["an"], holder.pki))
    place = contract.find(path, NS)
    assert place is not None
    place.text = text
    assert revoke(holder.base, cards["an"], holder.pki, contract).code == "CONTRACT_MISMATCH"


def test_a_contract_is_about_one_certificate(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    one, other = system(sandbox, cards["an"], "A"), system(sandbox, cards["an"], "B")
    contract = contract_of(ask_contract(one.base, cards["an"], one.pki))
    assert revoke(one.base, cards["an"], other.pki, contract).code == "CONTRACT_MISMATCH"
    assert about_itself(other).code == "success"


def test_a_contract_survives_a_restart(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"])
    contract = contract_of(ask_contract(holder.base, cards["an"], holder.pki))
    sandbox.restart()
    assert revoke(holder.base, cards["an"], holder.pki.upper(), contract).code == "success"


def test_what_is_pending_or_over_cannot_be_revoked(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder = system(sandbox, cards["an"], "A")
    sandbox.control_post("/control/issuance", {"mode": "manual"})
    reply, _ = submit(sandbox.production, cards["an"], application_id="B")
    pending = reply.element.findtext("m:PublicKeyIdentifier", "", NS)
    refused = ask_contract(sandbox.production, cards["an"], pending)
    assert (refused.code, refused.parameters()) == ("CERT_NOT_REVOCABLE", {"Status": "IN_PROGRESS"})
    sandbox.control_post("/control/clock", {"offset_seconds": 1100 * 86400})
    refused = ask_contract(sandbox.production, cards["an"], holder.pki)
    assert (refused.code, refused.parameters()) == ("CERT_NOT_REVOCABLE", {"Status": "EXPIRED"})


def test_a_certificate_asks_about_itself(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    holder = system(sandbox, cards["an"], "LABO")
    (info,) = about_itself(holder).element.findall("m:CertificateInfo", NS)
    assert info.findtext("k:PublicKeyIdentifier", "", NS) == holder.pki.upper()
    assert info.findtext(".//k:SerialNumber", "", NS) == str(holder.chain[0].serial_number)
    assert info.findtext("k:ETKStatus", "", NS) == "NOT_REQUESTED"
    assert (
        about_itself(System(sandbox.acceptance, holder.key, holder.chain)).code == "CERTIFICATE_NOT_TRUSTED"
    )
    sandbox.control_post("/control/clock", {"offset_seconds": 1100 * 86400})
    assert about_itself(holder).code == "CERTIFICATE_EXPIRED"
