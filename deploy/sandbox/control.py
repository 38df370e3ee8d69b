"""The control address: what tests and demonstrations may see and change. JSON in, JSON out."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.sandbox.authorities import revocation
from deploy.sandbox.authorities.pki import ENVIRONMENTS
from deploy.sandbox.faults import KINDS, FaultError
from deploy.sandbox.lists.published import FAULTS as LIST_FAULTS
from deploy.sandbox.lists.published import ListError
from deploy.sandbox.operations.tokens import NEXT_CHALLENGE
from deploy.sandbox.platform import Platform
from deploy.sandbox.register.past import PastError, issue_in_the_past
from deploy.sandbox.register.requests import Request
from deploy.sandbox.server import BodyTooLarge, Handler
from deploy.sandbox.soap import timestamp
from deploy.sandbox.state.source import SourceError

Reply = tuple[int, Any]
Action = Callable[[Platform, tuple[str, ...], Any], Reply]
LONGEST_OFFSET = 20 * 365 * 86400


class Wrong(Exception):
    """The caller asked for something that makes no sense; the message says what."""


def _health(platform: Platform, _path: tuple[str, ...], _body: Any) -> Reply:
    now = platform.clock.now()
    return 200, {"status": "ok", "time": timestamp(now), "offset_seconds": platform.clock.offset_seconds}


def _list_faults(platform: Platform, _path: tuple[str, ...], _body: Any) -> Reply:
    return 200, {"faults": platform.faults.all(), "kinds": KINDS}


def _add_fault(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    return 201, platform.faults.add(body)


def _clear_faults(platform: Platform, path: tuple[str, ...], _body: Any) -> Reply:
    return 200, {"removed": platform.faults.clear(int(path[0]) if path else None)}


def _received(platform: Platform, _path: tuple[str, ...], _body: Any) -> Reply:
    return 200, platform.received.all()


def _issuance(platform: Platform, _path: tuple[str, ...], _body: Any) -> Reply:
    return 200, platform.register.issuance()


def _set_issuance(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    policy = platform.register.issuance() | _object(body)
    if policy["mode"] not in ("automatic", "manual") or set(policy) != {"mode", "delay_seconds"}:
        raise Wrong("Issuance has a mode (automatic or manual) and delay_seconds.")
    policy["delay_seconds"] = _number(policy["delay_seconds"], 0, 30 * 86400)
    platform.store.put_setting("issuance", policy)
    return 200, policy


def _requests(platform: Platform, _path: tuple[str, ...], _body: Any) -> Reply:
    return 200, [_describe(platform, request) for request in platform.register.all()]


def _decide(platform: Platform, path: tuple[str, ...], body: Any) -> Reply:
    environment, pki, decision = path
    request = platform.register.find(environment, pki)
    if request is None:
        return 404, {"error": "There is no such request."}
    if decision == "deliver":
        done = platform.register.deliver(request)
    else:
        reason = _object(body).get("reason", "The identity could not be confirmed.")
        done = platform.register.refuse(request, str(reason)[:200])
    if not done:
        return 409, {"error": "The request is no longer pending."}
    found = platform.register.find(environment, pki)
    return 200, _describe(platform, found or request)


def _issue(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    return 200, issue_in_the_past(platform.register, _object(body), platform.clock.now())


def _revoke_certificate(platform: Platform, path: tuple[str, ...], body: Any) -> Reply:
    environment, pki = path
    reason = _object(body).get("reason", "cessationOfOperation")
    if reason not in revocation.REASONS:
        raise Wrong(f"The reason is one of {', '.join(revocation.REASONS)}.")
    request = platform.register.find(environment, pki)
    if request is None or request.certificate is None:
        return 404, {"error": "There is no such certificate."}
    serial = f"{request.certificate.serial_number:x}"
    if not revocation.revoke(platform.store, f"{environment}-issuing", serial, reason, platform.clock.now()):
        return 409, {"error": "The certificate was revoked before."}
    return 200, {"revoked": 1}


def _revoke_card(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    body = _object(body)
    if body.get("which") not in ("authentication", "signature") or not isinstance(body.get("ssin"), str):
        raise Wrong("Tell the ssin and which certificate: authentication or signature.")
    count = revocation.revoke_card(platform.store, body["ssin"], body["which"], platform.clock.now())
    return (
        (200, {"revoked": count})
        if count
        else (404, {"error": "There is no such card, or none left to revoke."})
    )


def _set_challenge(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    serial = _object(body).get("serial")
    if not isinstance(serial, str) or not re.fullmatch("[0-9a-f]{32}", serial) or not int(serial, 16):
        raise Wrong("The serial has 32 hexadecimal digits in small letters, not all zero.")
    platform.store.put_setting(NEXT_CHALLENGE, serial)
    return 200, {"serial": serial}


def _signers(platform: Platform, path: tuple[str, ...], _body: Any) -> Reply:
    return 200, [_signer(one) for one in platform.signers.certificates(path[0])]


def _rotate(platform: Platform, path: tuple[str, ...], _body: Any) -> Reply:
    return 201, _signer(platform.signers.rotate(path[0], platform.clock.now()))


def _list(platform: Platform, path: tuple[str, ...], _body: Any) -> Reply:
    return 200, platform.lists.state(path[0], path[1]) | {"faults": LIST_FAULTS}


def _change_list(platform: Platform, path: tuple[str, ...], body: Any) -> Reply:
    return 201, platform.lists.change(path[0], path[1], _object(body), platform.clock.now())


def _spoil_list(platform: Platform, path: tuple[str, ...], body: Any) -> Reply:
    platform.lists.spoil(path[0], path[1], _object(body).get("kind"), platform.clock.now())
    return 200, platform.lists.state(path[0], path[1])


def _lists_again(platform: Platform, path: tuple[str, ...], _body: Any) -> Reply:
    platform.lists.again(path[0], platform.clock.now())
    return 201, {"operator": platform.lists.operators.current(path[0]).pem}


def _switch_operator(platform: Platform, path: tuple[str, ...], _body: Any) -> Reply:
    platform.lists.switch_operator(path[0], platform.clock.now())
    return 201, {"operator": platform.lists.operators.current(path[0]).pem}


def _source(platform: Platform, _path: tuple[str, ...], _body: Any) -> Reply:
    return 200, platform.source.document()


def _put_source(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    platform.source.replace(body)
    return 200, platform.source.document()


def _patch_source(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    platform.source.merge(body)
    return 200, platform.source.document()


def _set_clock(platform: Platform, _path: tuple[str, ...], body: Any) -> Reply:
    platform.clock.move(_number(_object(body).get("offset_seconds"), -LONGEST_OFFSET, LONGEST_OFFSET))
    return _health(platform, (), None)


_LIST = rf"({'|'.join(ENVIRONMENTS)})/(transport|person|application)"
_WHICH = rf"({'|'.join(ENVIRONMENTS)})/([0-9a-fA-F]{{40}})"
ROUTES: tuple[tuple[str, str, Action], ...] = (
    ("GET", "/health", _health),
    ("GET", "/control/faults", _list_faults),
    ("POST", "/control/faults", _add_fault),
    ("DELETE", "/control/faults", _clear_faults),
    ("DELETE", "/control/faults/([0-9]{1,9})", _clear_faults),
    ("GET", "/control/received", _received),
    ("GET", "/control/issuance", _issuance),
    ("POST", "/control/issuance", _set_issuance),
    ("GET", "/control/requests", _requests),
    ("POST", f"/control/requests/{_WHICH}/(deliver|refuse)", _decide),
    ("POST", f"/control/certificates/{_WHICH}/revoke", _revoke_certificate),
    ("POST", "/control/issue", _issue),
    ("POST", "/control/cards/revoke", _revoke_card),
    ("POST", "/control/challenge", _set_challenge),
    ("GET", f"/control/iam/({'|'.join(ENVIRONMENTS)})", _signers),
    ("POST", f"/control/iam/({'|'.join(ENVIRONMENTS)})/rotate", _rotate),
    ("GET", f"/control/lists/{_LIST}", _list),
    ("POST", f"/control/lists/{_LIST}", _change_list),
    ("POST", f"/control/lists/{_LIST}/fault", _spoil_list),
    ("POST", f"/control/lists/({'|'.join(ENVIRONMENTS)})/operator", _switch_operator),
    ("POST", f"/control/lists/({'|'.join(ENVIRONMENTS)})/again", _lists_again),
    ("GET", "/control/source", _source),
    ("PUT", "/control/source", _put_source),
    ("PATCH", "/control/source", _patch_source),
    ("POST", "/control/clock", _set_clock),
)


def dispatch(platform: Platform, method: str, path: str, body: bytes) -> Reply:
    """The status and JSON value that answer one control call."""
    known = [
        (verb, match, action) for verb, pattern, action in ROUTES if (match := re.fullmatch(pattern, path))
    ]
    if not known:
        return 404, {"error": "There is nothing here."}
    for verb, match, action in known:
        if verb == method:
            try:
                return action(platform, match.groups(), json.loads(body) if body else None)
            except (Wrong, FaultError, SourceError, PastError, ListError) as error:
                return 400, {"error": str(error)}
            except (json.JSONDecodeError, UnicodeDecodeError):
                return 400, {"error": "The body is not JSON."}
    return 405, {"error": "Not in this way."}


def handler_for(platform: Platform) -> type[Handler]:
    """The HTTP handler of the control address."""

    class ControlHandler(Handler):
        def _answer(self) -> None:
            try:
                status, value = dispatch(platform, self.command, self.path, self.read_body())
            except BodyTooLarge as error:
                status, value = 413, {"error": str(error)}
            self.send(status, "application/json", json.dumps(value, ensure_ascii=False).encode())

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    return ControlHandler


def _describe(platform: Platform, request: Request) -> dict[str, Any]:
    subject, token = request.subject, platform.tokens.find(request)
    status = request.status(platform.clock.now())
    return {
        "environment": request.environment,
        "pki": request.pki,
        "state": request.state,
        "status": status,
        "mode": request.mode,
        "submitted_at": timestamp(request.submitted_at),
        "due_at": timestamp(request.due_at),
        "identifier": {"type": subject.identifier_type, "value": subject.identifier},
        "name": subject.full_name,
        "application_id": subject.application_id,
        "replaces": request.replaces,
        "refusal": request.refusal,
        "serial": f"{request.certificate.serial_number:x}" if request.certificate else None,
        "token": token.status(status) if token else "NOT_REQUESTED",
    }


def _signer(certificate: x509.Certificate) -> dict[str, Any]:
    return {
        "serial": f"{certificate.serial_number:x}",
        "not_before": timestamp(certificate.not_valid_before_utc),
        "not_after": timestamp(certificate.not_valid_after_utc),
        "pem": certificate.public_bytes(Encoding.PEM).decode(),
    }


def _object(body: Any) -> dict[str, Any]:
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise Wrong("The body is a JSON object.")
    return body


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Wrong("A number is missing.")
    if not low <= value <= high:
        raise Wrong(f"The number must be between {low} and {high}.")
    return float(value)
