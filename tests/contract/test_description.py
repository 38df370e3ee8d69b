"""The WSDL loads off-line and names what the platform expects."""

from pathlib import Path

import pytest
from lxml import etree
from zeep import Client
from zeep.transports import Transport

from tests.contract import samples
from tests.contract.schemas import OWN

A, B = "urn:be:fgov:ehealth:certra:protocol:v2:", "urn:be:fgov:ehealth:etee:certra:protocol:v2:"
ACTIONS = {
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


class NoNetwork(Transport):
    def _load_remote_data(self, url: str) -> bytes:
        raise AssertionError(f"the description must not fetch {url}")


@pytest.fixture(scope="module")
def client() -> Client:
    transport = NoNetwork()  # type: ignore[no-untyped-call]  # zeep has no types
    return Client(str(OWN / "certra.wsdl"), transport=transport)


def test_zeep_finds_every_operation_with_its_action(client: Client) -> None:
    operations = client.service._binding._operations
    assert {name: operation.soapaction for name, operation in operations.items()} == ACTIONS


def test_the_address_reaches_nobody(client: Client) -> None:
    port = client.wsdl.services["CertRa"].ports["CertRaPort"]
    assert port.binding_options["address"] == "https://certra.invalid/CertRa/v2"


@pytest.mark.parametrize("operation", ACTIONS)
def test_zeep_reads_our_sample_answers(client: Client, operation: str) -> None:
    binding = client.service._binding.get(operation)
    answer = etree.fromstring(samples.VALID[f"{operation}Response"])
    body = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    body.append(answer)
    envelope = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
    envelope.append(body)
    value = binding.process_reply(envelope)
    assert value["InResponseTo"] == "_1"


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
