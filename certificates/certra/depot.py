"""ETKDepot v1: the token of a recipient. Anyone may ask, nothing is signed, and all of it may be asked again."""

from collections.abc import Collection

from lxml import etree

from agent.wire.jobs import Identifier
from certificates.certra.answers import read_payload
from certificates.certra.errors import Answer, Rejected
from certificates.certra.services import DEPOT
from certificates.certra.soap import SoapClient, as_question, understood
from certificates.certra.values import bytes_of
from outside.sockets import Limits

NAMES = {"d": DEPOT.namespace, "s": "urn:be:fgov:ehealth:commons:1_0:core"}
SUCCESS = "200"
ETK = f"{{{DEPOT.namespace}}}ETK"


class DepotClient(SoapClient):
    """The TokenDepot (gateway.py) at one environment's `endpoint`, each call within `limits`.

    `not_found_codes` are the codes that mean: this recipient has no active token. The platform publishes no list.
    """

    service = DEPOT

    def __init__(
        self,
        endpoint: str,
        limits: Limits,
        *,
        not_found_codes: Collection[str],
    ) -> None:
        super().__init__(endpoint, limits)
        self.not_found_codes = frozenset(not_found_codes)

    def token_of(self, identifier: Identifier, application_id: str | None = None) -> bytes | None:
        """Return the active token (DER, not verified here) of exactly this recipient; None where there is none.

        Where several match, the depot names whom one could mean, and the question is put again for the one that was
        meant. Raises Transient, and Rejected for every code that does not mean "none".
        """
        wanted = (identifier.type, identifier.value, application_id or None)
        answer = self._ask(wanted)
        if (matching := _matching(answer)) is not None:
            if wanted not in matching:
                return None
            answer = self._ask(wanted)
            if _matching(answer) is not None:
                raise Rejected(
                    summary="several tokens match, and asking for one of them finds them all again"
                )
        if answer.find("d:ETK", NAMES) is not None:
            return as_question(lambda: understood(lambda element: bytes_of(element, ETK), answer))
        errors = tuple(
            Answer(_text(error, "d:Code"), _text(error, "d:Message"))
            for error in answer.iterfind("d:Error", NAMES)
        )
        if all(error.code in self.not_found_codes for error in errors):
            return None
        raise Rejected(answers=errors, summary="the depot has no answer")

    def _ask(self, wanted: tuple[str, str, str | None]) -> etree._Element:
        kind, value, application_id = wanted
        criteria = {"Type": kind, "Value": value}
        if application_id:
            criteria["ApplicationID"] = application_id

        def ask() -> etree._Element:
            message = self.message("GetEtk", SearchCriteria={"Identifier": [criteria]})
            content, status = self.post("GetEtk", message)
            return read_payload(content, status, "GetEtkResponse", service=DEPOT)

        answer = as_question(ask)
        code = answer.findtext("s:Status/Code", "", NAMES).strip()
        if code != SUCCESS:
            message = answer.findtext("s:Status/Message", "", NAMES).strip()
            raise Rejected(answers=(Answer(code, message),), summary=f"status {code}")
        return answer


def _matching(answer: etree._Element) -> set[tuple[str, str, str | None]] | None:
    """Return the recipients that the depot offers; None where it offers nothing."""
    if answer.find("d:MatchingEtk", NAMES) is None:
        return None
    return {
        (_text(one, "d:Type"), _text(one, "d:Value"), _text(one, "d:ApplicationID") or None)
        for one in answer.iterfind("d:MatchingEtk/d:Identifier", NAMES)
    }


def _text(element: etree._Element, path: str) -> str:
    return element.findtext(path, "", NAMES).strip()
