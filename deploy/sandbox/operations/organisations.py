"""GetGenericOrganizationTypes and GetExistingApplicationIds: questions that need no signature."""

from lxml import etree

from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import LANGUAGE, PROTOCOL, Call, add, response, success
from deploy.sandbox.state.organisation_types import TYPES

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def types(call: Call, scene: Scene) -> etree._Element:
    """Every identifier type with its names and rules."""
    result = success(call, scene.now)
    for kind in TYPES:
        element = add(result, "m:OrganizationType")
        names = add(element, "k:Name")
        add(names, "k:Value", kind.dutch).set(LANGUAGE, "nl")
        add(names, "k:Value", kind.french).set(LANGUAGE, "fr")
        add(element, "k:IdentifierType", kind.identifier_type)
        add(element, "k:ValidationRegEx", kind.expression)
        if kind.check_digit:
            add(element, "k:CheckDigitAlgorithm", kind.check_digit)
        for service in kind.services:
            add(element, "k:AvailableBaseService", service)
    return result


def application_ids(call: Call, scene: Scene) -> etree._Element:
    """The ApplicationIds of an organisation's active certificates; nil stands for one without."""
    result = response(call, scene.now)
    identifier = call.element.find(f"{{{PROTOCOL}}}OrganizationIdentifier")
    if identifier is None:
        raise AssertionError("the schema asks for an identifier")
    actor = (identifier.get("Type", ""), identifier.text or "")
    active = [
        request.subject.application_id
        for request in scene.register.of_actors(scene.environment, [actor])
        if request.status(scene.now) == "VALID_ACTIVE"
    ]
    for application_id in dict.fromkeys(active):
        element = add(result, "m:ApplicationId", application_id)
        if application_id is None:
            element.set(NIL, "true")
    return result
