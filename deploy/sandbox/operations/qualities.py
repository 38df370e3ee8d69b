"""GetActorQualities: for whom may this person ask certificates."""

from lxml import etree

from deploy.sandbox.authorities import signer
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import LANGUAGE, NAMESPACES, Call, Refusal, add, success


def answer(call: Call, scene: Scene) -> etree._Element:
    """Own qualities, and every number of every organisation that a mandate names today."""
    holder = signer.authenticate(call.element, "Authentication", scene.pki, scene.store, scene.now)
    asked = call.element.find("m:SSIN", NAMESPACES)
    if asked is None or asked.get("Type") != "SSIN" or asked.text != holder.ssin:
        raise Refusal("SIGNER_MISMATCH", "A person may only ask for their own qualities.")
    result = success(call, scene.now)
    care_provider = scene.source.is_care_provider(holder.ssin)
    add(result, "m:NaturalPersonAuthorization", "true" if care_provider else "false")
    for organisation in scene.source.organisations_of(holder.ssin, scene.today):
        for kind, value in organisation.identifiers:
            element = add(result, "m:OrganizationAuthorization")
            names = add(element, "k:Name")
            for language, name in organisation.names.items():
                add(names, "k:Value", name).set(LANGUAGE, language)
            add(element, "k:Identifier", value, Type=kind)
    return result
