"""Messages about encryption tokens (EtkRA, ETKDepot), both ways, and single cases whose verdict is known."""

# ruff: noqa: E501  (one case is one line: broken up, a message is harder to read than wide)

from tests.contract.samples import NOT_OK, OK, SIGNATURE

_RA = (
    'xmlns:m="urn:be:fgov:ehealth:etkra:protocol:v2" xmlns:c="urn:be:fgov:ehealth:commons:core:v2" '
    'xmlns:e="urn:be:fgov:ehealth:etee:commons:core:v2" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
)
_DEPOT = (
    'xmlns:d="urn:be:fgov:ehealth:etkdepot:1_0:protocol" xmlns:c="urn:be:fgov:ehealth:commons:1_0:core" '
    'xmlns:p="urn:be:fgov:ehealth:commons:1_0:protocol"'
)
WHO = "<d:Identifier><d:Type>CBE</d:Type><d:Value>0406798006</d:Value><d:ApplicationID>LABO</d:ApplicationID></d:Identifier>"
OTHER = "<d:Identifier><d:Type>SSIN</d:Type><d:Value>85073003328</d:Value></d:Identifier>"
GIVEN = f"<d:GivenSearchCriteria>{WHO}{OTHER}</d:GivenSearchCriteria>"
STATUS = '<c:Status><Code>200</Code><Message Lang="EN">Success</Message><Message>Succès</Message></c:Status>'
ERROR = "<d:Error><d:Code>X</d:Code><d:Message>no</d:Message></d:Error>"

_REQUESTS = {
    "StartETKRegistration": f"<m:PublicEncryptionKey>AAAA</m:PublicEncryptionKey>{SIGNATURE}",
    "CompleteETKRegistration": f"<m:ToBeRegistered>AAAA</m:ToBeRegistered>{SIGNATURE}",
    "ActivateETK": SIGNATURE,
}
_ANSWERS = {
    "StartETKRegistration": f"{OK}<m:Challenge>AAAA</m:Challenge>",
    "CompleteETKRegistration": f"{OK}<m:ETK>AAAA</m:ETK><m:ToBeActivated>true</m:ToBeActivated>",
    "ActivateETK": OK,
}


def _request(operation: str, content: str) -> str:
    return f'<m:{operation}Request {_RA} Id="_1" IssueInstant="2025-01-31T10:00:00Z">{content}</m:{operation}Request>'


def _answer(operation: str, content: str) -> str:
    attributes = 'Id="_2" InResponseTo="_1" IssueInstant="2025-01-31T10:00:00.123Z"'
    return f"<m:{operation}Response {_RA} {attributes}>{content}</m:{operation}Response>"


def _question(content: str) -> str:
    return f"<d:GetEtkRequest {_DEPOT}>{content}</d:GetEtkRequest>"


def _reply(content: str, attributes: str = 'Id="2"') -> str:
    return f"<d:GetEtkResponse {_DEPOT} {attributes}>{content}</d:GetEtkResponse>"


VALID = {f"{name}Request": _request(name, content) for name, content in _REQUESTS.items()}
VALID |= {f"{name}Response": _answer(name, content) for name, content in _ANSWERS.items()}
VALID |= {f"{name} failed": _answer(name, NOT_OK) for name in _ANSWERS}
VALID |= {
    "GetEtkRequest": _question(f"<d:SearchCriteria>{WHO}{OTHER}</d:SearchCriteria>"),
    "GetEtkResponse": _reply(f"{STATUS}{GIVEN}<d:ETK>AAAA</d:ETK>"),
    "GetEtk matching": _reply(f"{STATUS}{GIVEN}<d:MatchingEtk>{WHO}</d:MatchingEtk><d:MatchingEtk>{OTHER}</d:MatchingEtk>"),
    "GetEtk error": _reply(STATUS + GIVEN + ERROR + ERROR),
    "GetEtk failed": _reply(STATUS),
}  # fmt: skip

CASES = [
    (True, "neither certificate nor signature", _request("CompleteETKRegistration", "")),
    (False, "certificate without signature", _request("CompleteETKRegistration", "<m:ToBeRegistered>AAAA</m:ToBeRegistered>")),
    (False, "signature without certificate", _request("CompleteETKRegistration", SIGNATURE)),
    (False, "neither key nor signature", _request("StartETKRegistration", "")),
    (False, "key that is not base64", _request("StartETKRegistration", f"<m:PublicEncryptionKey>A*</m:PublicEncryptionKey>{SIGNATURE}")),
    (True, "empty key", _request("StartETKRegistration", f"<m:PublicEncryptionKey/>{SIGNATURE}")),
    (False, "token without ToBeActivated", _answer("CompleteETKRegistration", f"{OK}<m:ETK>AAAA</m:ETK>")),
    (False, "ToBeActivated that is no boolean", _answer("CompleteETKRegistration", f"{OK}<m:ETK>AAAA</m:ETK><m:ToBeActivated>yes</m:ToBeActivated>")),
    (False, "payload without Status", _answer("StartETKRegistration", "<m:Challenge>AAAA</m:Challenge>")),
    (False, "payload of ActivateETK", _answer("ActivateETK", f"{OK}<m:ToBeActivated>true</m:ToBeActivated>")),
    (True, "nothing said about the search", _reply(STATUS)),
    (True, "search repeated, nothing found", _reply(STATUS + GIVEN)),
    (False, "token without the search", _reply(f"{STATUS}<d:ETK>AAAA</d:ETK>")),
    (False, "two tokens", _reply(f"{STATUS}{GIVEN}<d:ETK>AAAA</d:ETK><d:ETK>AAAA</d:ETK>")),
    (False, "token and error", _reply(f"{STATUS}{GIVEN}<d:ETK>AAAA</d:ETK>{ERROR}")),
    (False, "matching nobody", _reply(f"{STATUS}{GIVEN}<d:MatchingEtk/>")),
    (False, "no identifier", _question("<d:SearchCriteria/>")),
    (False, "no criteria", _question("")),
    (False, "request with an Id", _question(f"<d:SearchCriteria>{WHO}</d:SearchCriteria>").replace("<d:GetEtkRequest", '<d:GetEtkRequest Id="x"')),
    (True, "answer without Id", _reply(STATUS, "")),
    (True, "answer whose Id is no name", _reply(STATUS, 'Id="1 2"')),
    (False, "qualified code", _reply(STATUS.replace("Code>", "c:Code>"))),
    (False, "Status of the protocol's namespace", _reply(STATUS.replace("c:Status", "p:Status"))),
    (False, "Status without message", _reply("<c:Status><Code>200</Code></c:Status>")),
    (False, "language in small letters", _reply(STATUS.replace('"EN"', '"en"'))),
    (True, "no language", _reply(STATUS.replace('"EN"', '"NA"'))),
    (True, "a token on its own", f"<d:ETK {_DEPOT}>AAAA</d:ETK>"),
    (True, "a match on its own", f"<d:MatchingEtk {_DEPOT}>{WHO}</d:MatchingEtk>"),
]  # fmt: skip
