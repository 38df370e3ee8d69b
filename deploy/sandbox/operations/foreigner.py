"""SubmitCSRForForeigner: the hybrid way for a care provider with a BIS number and no Belgian identity card."""

from dataclasses import replace

from lxml import etree

from deploy.sandbox.authorities.names import Subject
from deploy.sandbox.contracts import issuance as contracts
from deploy.sandbox.operations.certificate import key_of_request
from deploy.sandbox.operations.contract import check_authority
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import NAMESPACES, Call, Refusal, add, success, timestamp
from deploy.sandbox.state.organisation_types import is_bis


def submit(call: Call, scene: Scene) -> etree._Element:
    """The address where the person confirms, and until when; nothing is issued before that.

    Raises Refusal: INVALID_ACTOR, INVALID_IDENTIFIER, INVALID_CONTACT_DATA, SIGNER_NOT_AUTHORIZED, INVALID_CSR,
    DN_MISMATCH, KEY_ALREADY_REGISTERED.
    """
    (kind, number), first_names, name = contracts.actor(_part(call, "m:ForeignPerson"))
    if kind != "SSIN" or not is_bis(number):
        raise Refusal("INVALID_IDENTIFIER", "Only BIS numbers are accepted here.", Type=kind)
    if not name or not first_names:
        raise Refusal("INVALID_ACTOR", "A person has first names and a name.")
    contact = contracts.contact(_part(call, "m:ContactData"))
    subject = Subject("SSIN", number, name, first_names=first_names)
    check_authority(scene, number, subject)
    key, subject = key_of_request(call.text("m:CSR"), replace(subject, surname_first=True), subject)
    submission = scene.foreigners.submit(scene.environment, subject, key, contact, scene.now)
    result = success(call, scene.now)
    base = scene.pki[f"{scene.environment}-issuing"].base
    add(result, "m:ValidationUrl", f"{base}/foreigners/{submission.ticket}")
    add(result, "m:ExpirationDate", timestamp(submission.expires_at))
    return result


def _part(call: Call, name: str) -> etree._Element:
    part = call.element.find(name, NAMESPACES)
    if part is None:
        raise AssertionError(f"the schema asks for {name}")
    return part
