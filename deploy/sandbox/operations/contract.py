"""GenerateContract: the text that a person will have to read before signing."""

from lxml import etree

from deploy.sandbox.authorities.names import APPLICATION_ID, Subject, plain
from deploy.sandbox.contracts import issuance as contracts
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import CORE, PROTOCOL, Call, Refusal, success
from deploy.sandbox.state.organisation_types import BY_TYPE, is_ssin


def answer(call: Call, scene: Scene) -> etree._Element:
    """A contract for a certificate that this signer may ask for.

    Raises Refusal: INVALID_CONTACT_DATA, INVALID_ACTOR, INVALID_IDENTIFIER, INVALID_APPLICATION_ID,
    UNKNOWN_ORGANIZATION, SIGNER_MISMATCH, SIGNER_NOT_AUTHORIZED.
    """
    contracts.contact(_child(call.element, "ContactData"))
    (kind, ssin), first_names, name = contracts.actor(_child(call.element, "Signer"))
    if kind != "SSIN" or not is_ssin(ssin):
        raise Refusal("INVALID_IDENTIFIER", "A signer is identified by a valid SSIN.", Type=kind)
    identifier = _child(call.element, "CertificateIdentifier")
    owner = contracts.actor(identifier[0])
    application_id = identifier.findtext(f"{{{CORE}}}ApplicationId")
    names: dict[str, str] = {}
    if owner[0][0] == "SSIN":
        if owner != ((kind, ssin), first_names, name):
            raise Refusal("SIGNER_MISMATCH", "A person asks for a certificate in their own name only.")
        if application_id is not None:
            raise Refusal("INVALID_APPLICATION_ID", "Only organisations may use an ApplicationId.")
        subject = Subject("SSIN", ssin, name, first_names=first_names)
    else:
        subject, names = _organisation(scene, owner[0], application_id)
    check_authority(scene, ssin, subject)
    contract = contracts.write(scene.environment, subject, (ssin, first_names, name), names, scene.now)
    contracts.keep(scene.store, scene.environment, contract, scene.now)
    result = success(call, scene.now)
    contracts.to_xml(result, contract)
    return result


def check_authority(scene: Scene, ssin: str, subject: Subject) -> None:
    """Raise Refusal SIGNER_NOT_AUTHORIZED unless this person may ask this certificate today."""
    if subject.identifier_type == "SSIN":
        allowed = ssin == subject.identifier and scene.source.is_care_provider(ssin)
    else:
        allowed = scene.source.may_act(ssin, (subject.identifier_type, subject.identifier), scene.today)
    if not allowed:
        raise Refusal(
            "SIGNER_NOT_AUTHORIZED", "The authentic source knows no quality or mandate for this signer."
        )


def _organisation(
    scene: Scene, owner: tuple[str, str], application_id: str | None
) -> tuple[Subject, dict[str, str]]:
    kind, value = owner
    if kind not in BY_TYPE or not BY_TYPE[kind].accepts(value):
        raise Refusal(
            "INVALID_IDENTIFIER", "The organisation's identifier is not valid.", Type=kind, Value=value
        )
    organisation = scene.source.organisation(owner)
    if organisation is None:
        raise Refusal(
            "UNKNOWN_ORGANIZATION", "The authentic source does not know it.", Type=kind, Value=value
        )
    if application_id is not None:
        application_id = plain(application_id)
        if not APPLICATION_ID.fullmatch(application_id):
            raise Refusal(
                "INVALID_APPLICATION_ID",
                "An ApplicationId is 1 to 30 letters, digits, hyphens or underscores.",
                ApplicationId=application_id[:100],
            )
    return Subject(kind, value, organisation.name, application_id), organisation.names


def _child(element: etree._Element, name: str) -> etree._Element:
    child = element.find(f"{{{PROTOCOL}}}{name}")
    if child is None:
        raise AssertionError(f"the schema asks for {name}")
    return child
