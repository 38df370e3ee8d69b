"""The descriptions load off-line and name what the platform expects."""

from pathlib import Path

import pytest
from lxml import etree
from zeep import Client
from zeep.transports import Transport

from tests.contract import samples, token_samples
from tests.contract.schemas import OWN

A, B = "urn:be:fgov:ehealth:certra:protocol:v2:", "urn:be:fgov:ehealth:etee:certra:protocol:v2:"
C = "urn:be:fgov:ehealth:etee:etkra:protocol:v2:"
CERTRA = {
    "GetActorQualities": A + "getActorQualities",
    "GetGenericOrganizationTypes": A + "getGenericOrganizationTypes",
    "GetExistingApplicationIds": B + "getexistingapplicationids",
    "GenerateContract": A + "generateContract",
    "GenerateCertificate": B + "generatecertificate",
    "GetCertificate": B + "getcertificate",
    "GetCertificateInfoForCitizen": A + "getCertificateInfoForCitizen",
    "GetCertificateInfoForAuthenticationCertificate": B + "getCertificateInfoForAuthenticationCertificate",
    "GenerateRevocationContract": A + "generateRevocationContract",
    "Revoke": B + "revoke",
    "SubmitCSRForForeigner": A + "submitCSRForForeigner",
}
ETKRA = {
    "StartETKRegistration": C + "startETKRegistration",
    "CompleteETKRegistration": C + "completeETKregistration",
    "ActivateETK": C + "activateETK",
}
SERVICES = {
    "CertRa": ("certra.wsdl", "/CertRa/v2", CERTRA),
    "EtkRa": ("etkra.wsdl", "/EtkRa/v2", ETKRA),
    "EtkDepot": ("etkdepot.wsdl", "/EtkDepot/v1", {"GetEtk": ""}),
}
OPERATIONS = [(service, name) for service, (_, _, actions) in SERVICES.items() for name in actions]


class NoNetwork(Transport):
    def _load_remote_data(self, url: str) -> bytes:
        raise AssertionError(f"the description must not fetch {url}")


@pytest.fixture(scope="module")
def clients() -> dict[str, Client]:
    transport = NoNetwork()  # type: ignore[no-untyped-call]  # zeep has no types
    return {name: Client(str(OWN / file), transport=transport) for name, (file, _, _) in SERVICES.items()}


@pytest.mark.parametrize("service", SERVICES)
def test_zeep_finds_every_operation_with_its_action(clients: dict[str, Client], service: str) -> None:
    operations = clients[service].service._binding._operations
    assert {name: operation.soapaction for name, operation in operations.items()} == SERVICES[service][2]


@pytest.mark.parametrize("service", SERVICES)
def test_the_address_reaches_nobody(clients: dict[str, Client], service: str) -> None:
    port = clients[service].wsdl.services[service].ports[f"{service}Port"]
    place = f"https://{service.lower()}.invalid{SERVICES[service][1]}"
    assert port.binding_options["address"] == place


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_zeep_reads_our_sample_answers(clients: dict[str, Client], service: str, operation: str) -> None:
    binding = clients[service].service._binding.get(operation)
    answer = etree.fromstring((samples.VALID | token_samples.VALID)[f"{operation}Response"])
    body = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    body.append(answer)
    envelope = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
    envelope.append(body)
    value = binding.process_reply(envelope)
    assert value["Id"] in ("_2", "2")


def test_every_file_is_found_beside_the_description() -> None:
    for path in OWN.iterdir():
        for place in etree.parse(path).xpath("//@schemaLocation | //*[local-name()='include']/@location"):
            assert "/" not in place
            assert (OWN / str(place)).is_file()


def test_nothing_was_copied_from_elsewhere() -> None:
    for path in Path(OWN).iterdir():
        text = path.read_text(encoding="utf-8")
        assert "Copyright" not in text
        assert "appinfo" not in text
