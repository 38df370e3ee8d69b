"""The operations that only answer questions."""

import re

import pytest
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.messages import NS, Reply, call
from tests.sandbox.operations.test_journey import certificates, get, identifier, submit
from tests.support.sandbox import SandboxProcess

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def qualities(sandbox: SandboxProcess, card: Identity) -> Reply:
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{card.person.ssin}</m:SSIN>')
    return call(sandbox.production, messages.sign_as(element, card, "Authentication"))


def register(base: str, card: Identity) -> list[etree._Element]:
    element = messages.request("GetCertificateInfoForCitizen")
    reply = call(base, messages.sign_as(element, card, "Authentication"))
    assert reply.code == "success"
    return reply.element.findall("m:CertificateInfo", NS)


def test_a_mandated_person_sees_every_number_of_the_organisation(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    reply = qualities(sandbox, cards["an"])
    assert reply.element.findtext("m:NaturalPersonAuthorization", "", NS) == "false"
    found = reply.element.findall("m:OrganizationAuthorization/k:Identifier", NS)
    assert [(i.get("Type"), i.text) for i in found] == [("CBE", "0406798006"), ("NIHII-HOSPITAL", "71000436")]
    names = reply.element.findall("m:OrganizationAuthorization/k:Name/k:Value", NS)
    assert [n.text for n in names[:2]] == [
        "AZ Sint-Elisabeth Maasdal",
        "Hôpital Sainte-Élisabeth du Val de Meuse",
    ]


def test_a_care_provider_without_a_mandate(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    reply = qualities(sandbox, cards["sofie"])
    assert reply.element.findtext("m:NaturalPersonAuthorization", "", NS) == "true"
    assert reply.element.findall("m:OrganizationAuthorization", NS) == []


def test_an_answer_names_its_question(sandbox: SandboxProcess) -> None:
    element = messages.request("GetGenericOrganizationTypes")
    assert call(sandbox.production, element).element.get("InResponseTo") == element.get("Id")


def test_organisation_types_bring_their_rules(sandbox: SandboxProcess) -> None:
    reply = call(sandbox.acceptance, messages.request("GetGenericOrganizationTypes"))
    kinds = {
        k.findtext("k:IdentifierType", "", NS): k for k in reply.element.findall("m:OrganizationType", NS)
    }
    assert len(kinds) == 32
    assert "SSIN" not in kinds
    expression = kinds["CBE"].findtext("k:ValidationRegEx", "", NS)
    assert re.fullmatch(expression, "0406798006")
    assert not re.fullmatch(expression, "2406798006")
    assert kinds["CBE"].findtext("k:CheckDigitAlgorithm", "", NS) == "MOD97"
    assert kinds["NIHII-HOSPITAL"].find("k:CheckDigitAlgorithm", NS) is None
    services = [s.text for s in kinds["NIHII-HOSPITAL"].findall("k:AvailableBaseService", NS)]
    assert services == ["tsa", "consultrn", "codage", "other"]
    for kind in kinds.values():
        languages = [
            v.get("{http://www.w3.org/XML/1998/namespace}lang") for v in kind.findall("k:Name/k:Value", NS)
        ]
        assert languages == ["nl", "fr"]


def test_existing_application_ids_with_nil_for_none(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    def ask() -> list[tuple[str | None, str | None]]:
        content = '<m:OrganizationIdentifier Type="CBE">0406798006</m:OrganizationIdentifier>'
        reply = call(sandbox.production, messages.request("GetExistingApplicationIds", content))
        assert reply.element.find("c:Status", NS) is None
        return [(a.text, a.get(NIL)) for a in reply.element.findall("m:ApplicationId", NS)]

    assert ask() == []
    submit(sandbox.production, cards["an"])
    submit(sandbox.production, cards["an"], application_id="LABO")
    assert ask() == [(None, "true"), ("LABO", None)]


def test_the_register_tells_the_whole_life(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    assert register(sandbox.production, cards["an"]) == []
    sandbox.control_post("/control/issuance", {"mode": "manual"})
    _, key = submit(sandbox.production, cards["an"], application_id="LABO")
    (pending,) = register(sandbox.production, cards["an"])
    assert pending.findtext("k:AuthenticationCertificateStatus", "", NS) == "IN_PROGRESS"
    assert pending.findtext("k:AutomaticallyValidated", "", NS) == "false"
    assert pending.find("k:AuthenticationCertificateDetails", NS) is None
    sandbox.control_post(f"/control/requests/production/{identifier(key)}/deliver")
    (active,) = register(sandbox.production, cards["an"])
    leaf = certificates(get(sandbox.production, identifier(key)))[0]
    told = {path: active.findtext(path, "", NS) for path in ("k:Revocable", "k:Replaceable", "k:ETKStatus")}
    assert told == {"k:Revocable": "true", "k:Replaceable": "false", "k:ETKStatus": "NOT_REQUESTED"}
    assert active.findtext(".//k:SerialNumber", "", NS) == str(leaf.serial_number)
    assert active.findtext("k:PublicKeyIdentifier", "", NS) == identifier(key).upper()
    assert active.findtext(".//k:ApplicationId", "", NS) == "LABO"
    assert active.findtext("k:ContactData/k:EmailPrivate", "", NS) == "an@maasdal.example"
    assert active.findtext("k:BaseServiceUsage", "", NS) == "tsa"
    sandbox.control_post(f"/control/certificates/production/{identifier(key)}/revoke")
    (revoked,) = register(sandbox.production, cards["an"])
    assert revoked.findtext("k:AuthenticationCertificateStatus", "", NS) == "REVOKED"
    assert revoked.findtext("k:Revocable", "", NS) == "false"


@pytest.mark.parametrize(
    ("days", "status", "replaceable"), [(1010, "VALID_ACTIVE", "true"), (1100, "EXPIRED", "false")]
)
def test_the_register_follows_the_clock(
    sandbox: SandboxProcess, cards: dict[str, Identity], days: int, status: str, replaceable: str
) -> None:
    submit(sandbox.production, cards["an"])
    register(sandbox.production, cards["an"])
    sandbox.control_post("/control/clock", {"offset_seconds": days * 86400})
    (info,) = register(sandbox.production, cards["an"])
    assert info.findtext("k:AuthenticationCertificateStatus", "", NS) == status
    assert info.findtext("k:Replaceable", "", NS) == replaceable


def test_the_register_shows_nobody_elses_certificates(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    submit(sandbox.production, cards["an"])
    submit(sandbox.production, cards["sofie"], owner=("SSIN", "00010100105"))
    (own,) = register(sandbox.production, cards["sofie"])
    actor = own.find(".//k:Actor", NS)
    assert actor is not None
    assert [child.text for child in actor] == ["00010100105", "Sofie", "Janssens"]
    assert register(sandbox.production, cards["luc"]) == []
    assert register(sandbox.acceptance, cards["an"]) == []
