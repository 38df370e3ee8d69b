"""DRF's view of a device proof: who calls, once, with the stored answer for an exact retry."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agent.wire import protocol
from agent.wire.errors import JobMalformed
from agent.wire.link.proofs import HEADER
from agent.wire.origins import normalise_origin
from agent.wire.strict_json import load_object
from organisations.errors import AgentTooOld, BodyMalformed, ProofRefused
from organisations.models import Device
from organisations.services.devices.proofs import Accepted, Call, accept_proof, give_back, store_answer
from organisations.services.work.deadlocks import once_more_on_deadlock
from organisations.tenancy import acting_for, organisations_of_device

MAX_BODY_BYTES = 512 * 1024
PROBLEM = "application/problem+json"


class AgentView(APIView):
    """A view for agents: it says which protocol the server speaks, in every answer."""

    untenanted = True

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add what the server speaks, to refusals too."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer[protocol.PROTOCOL_HEADER] = str(protocol.NEWEST)
        return answer


class ProvenView(AgentView):
    """A view that runs only for a call with a valid device proof.

    Subclasses hand `_answer` what they do with the accepted proof; it returns status and body. An exact retry of a
    POST is answered from the store, refusals too. Answers are never cached. An agent whose protocol is not understood
    any more hears so before anything else of what it sent is read.
    """

    asks_nobody = False
    """Nobody outside is asked: where PostgreSQL gives up a transaction for another's sake, all is done once more.

    Who asks somebody outside has only what is written afterwards done once more (`write_down`).
    """
    enrolling = False
    _accepted: Accepted | None = None

    def _accept(self, request: Request, now: datetime) -> Accepted:
        proof = request.headers.get(HEADER, "")
        if not proof or int(request.headers.get("Content-Length") or 0) > MAX_BODY_BYTES:
            raise ProofRefused
        url = normalise_origin(settings.ORIGIN) + request._request.get_full_path()
        call = Call(proof=proof, method=request.method or "", url=url, body=request._request.body)
        return accept_proof(call, now=now, enrolling=self.enrolling)

    def _answer(
        self, request: Request, act: Callable[..., tuple[int, dict[str, Any]]], **kwargs: Any
    ) -> Response:
        now = timezone.now()
        understand(request)
        accepted = self._accept(request, now)
        if accepted.stored is not None:
            status, body = accepted.stored
        else:
            if accepted.device is not None:
                Device.objects.filter(pk=accepted.device.pk).update(last_seen_at=now)
            if request.method == "POST":
                self._accepted = accepted

            def answer() -> tuple[int, dict[str, Any]]:
                return act(request, accepted, now=now, **kwargs)

            status, body = once_more_on_deadlock(answer) if self.asks_nobody else answer()
            self.keep_answer(status, body)
        kind = PROBLEM if status >= HTTPStatus.BAD_REQUEST else None
        return Response(body, status=status, headers={"Cache-Control": "no-store"}, content_type=kind)

    def keep_answer(self, status: int, body: dict[str, Any]) -> None:
        """Keep the answer to a POST for its exact retry; who turns refusals into problem documents calls it too."""
        if self._accepted is not None:
            store_answer(self._accepted, status, body)

    def give_proof_back(self) -> None:
        """Let an exact retry be a new try; who turns what is not possible just now into a problem document calls it."""
        if self._accepted is not None:
            give_back(self._accepted)


def understand(request: Request) -> None:
    """Check that the agent speaks a protocol of the range. Raises AgentTooOld, BodyMalformed for what is no number."""
    speaks = protocol.spoken(request.headers.get(protocol.PROTOCOL_HEADER))
    if speaks is None:
        raise BodyMalformed
    if speaks < protocol.OLDEST_AGENT:
        raise AgentTooOld


def named_organisations(device: Device) -> ExitStack:
    """Name the organisations for which the device works, as its holder agreed, for a `with` statement."""
    stack = ExitStack()
    stack.enter_context(acting_for(organisations_of_device(device.pk), as_platform=True))
    return stack


def fields_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body; an empty body is an empty object.

    Raises BodyMalformed, also for text that no database column holds: NUL and halves of surrogate pairs.
    """
    body = request._request.body
    try:
        fields = dict(load_object(body, limit=MAX_BODY_BYTES)) if body else {}
        for value in fields.values():
            if isinstance(value, str) and b"\0" in value.encode():
                raise BodyMalformed
    except (JobMalformed, UnicodeEncodeError) as error:
        raise BodyMalformed from error
    return fields


def strings(value: object) -> Sequence[str]:
    """Return a list of text from a JSON value; anything else is empty."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
