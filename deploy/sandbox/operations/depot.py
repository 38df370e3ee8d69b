"""ETKDepot: the token of a recipient, or whom one could mean."""

import base64

from lxml import etree

from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.soap import NAMESPACES, Call, add, old_response
from deploy.sandbox.state.organisation_types import BY_TYPE
from deploy.sandbox.tokens.kept import Token

Identifier = tuple[str, str, str | None]
MOST = 50


def get(call: Call, scene: Scene) -> etree._Element:
    """The one active token that is meant; several make a list to choose from; none makes errors.

    An identifier without ApplicationID means the certificate without one; where that has no token, all others of the
    same number are offered. Nothing here raises: what is wrong stands in the answer.
    """
    asked = [_read(element) for element in call.element.iterfind("d:SearchCriteria/d:Identifier", NAMESPACES)]
    result = old_response(call, "200", "Success")
    given = add(result, "d:GivenSearchCriteria")
    for identifier in asked:
        _write(given, identifier)
    if len(asked) > MOST:
        _error(result, "TOO_MANY_IDENTIFIERS", f"At most {MOST} identifiers can be asked for.")
        return result
    found: dict[Identifier, Token] = {}
    offered: dict[Identifier, Token] = {}
    for kind, value, application_id in asked:
        tokens = _active(scene, kind, value)
        if application_id in tokens:
            found[kind, value, application_id] = tokens[application_id]
        elif application_id is None:
            offered.update({(kind, value, name): token for name, token in tokens.items()})
    if len(found) == 1 and not offered:
        (token,) = found.values()
        add(result, "d:ETK", base64.b64encode(token.etk or b"").decode())
    elif matches := found | offered:
        for identifier in matches:
            _write(add(result, "d:MatchingEtk"), identifier)
    else:
        for kind, _, _ in asked:
            if kind != "SSIN" and kind not in BY_TYPE:
                _error(result, "INVALID_IDENTIFIER", "The type of identifier is not known.")
            else:
                _error(result, "ETK_NOT_FOUND", "No active encryption token for this identifier.")
    return result


def _active(scene: Scene, kind: str, value: str) -> dict[str | None, Token]:
    """The active tokens of a number, by ApplicationId, as long as their certificates are good."""
    tokens: dict[str | None, Token] = {}
    for request in scene.register.of_actors(scene.environment, [(kind, value)]):
        token = scene.tokens.find(request)
        if token and token.status(request.status(scene.now)) == "VALID_ACTIVE":
            tokens[request.subject.application_id] = token
    return tokens


def _read(element: etree._Element) -> Identifier:
    application_id = element.findtext("d:ApplicationID", None, NAMESPACES)
    return (
        element.findtext("d:Type", "", NAMESPACES),
        element.findtext("d:Value", "", NAMESPACES),
        application_id or None,  # an empty one means none
    )


def _write(parent: etree._Element, identifier: Identifier) -> None:
    element = add(parent, "d:Identifier")
    add(element, "d:Type", identifier[0])
    add(element, "d:Value", identifier[1])
    if identifier[2] is not None:
        add(element, "d:ApplicationID", identifier[2])


def _error(result: etree._Element, code: str, message: str) -> None:
    error = add(result, "d:Error")
    add(error, "d:Code", code)
    add(error, "d:Message", message)
