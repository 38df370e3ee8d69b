"""Domain errors as RFC 9457 problem documents: the only place that knows HTTP status codes."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import SuspiciousOperation
from django.http import JsonResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from ehportal.pages.away import database_is_away
from ehportal.pages.refusals import refusal_of
from organisations.api.devices import ProvenView
from organisations.errors import DomainError, ProofRefused

STATUS = {
    "body_malformed": 400,
    "report_malformed": 400,
    "not_permitted": 403,
    "job_unknown": 404,
    "enrolment_unknown": 404,
    "organisation_unknown": 404,
    "organisation_changed": 409,
    "job_closed": 409,
    "mandate_ended": 409,
    "certificate_mismatch": 409,
    "enrolment_expired": 410,
    "request_too_large": 413,
    "agent_too_old": 426,
    "token_unknown": 404,
    "token_not_found": 404,
    "token_refused": 409,
    "government_refused": 409,
    "question_already_used": 409,
    "credentials_missing": 401,
    "credentials_refused": 401,
    "scope_missing": 403,
    "not_found": 404,
    "query_refused": 400,
    "cursor_refused": 400,
    "fields_refused": 422,
    "precondition_required": 428,
    "precondition_failed": 412,
    "idempotency_key_missing": 400,
    "idempotency_key_reused": 422,
    "too_many_calls": 429,
    "card_status_unknown": 503,
    "unreadable": 503,
    "government_unavailable": 503,
}


def document(error: DomainError) -> tuple[int, dict[str, Any]]:
    """Return status and body of a domain error; the sentences are in the active language."""
    status = 401 if isinstance(error, ProofRefused) else STATUS.get(error.code, 422)
    body: dict[str, Any] = {
        "type": f"urn:ehportal:problem:{error.code}",
        "title": str(error.title),
        "status": status,
        "code": error.code,
    }
    if error.detail:
        body["detail"] = str(error.detail)
    return status, body | error.extra


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a DRF view raised into a problem document."""
    if isinstance(error, DomainError):
        status, body = document(error)
        view = context.get("view")
        if isinstance(view, ProvenView):
            if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                view.keep_answer(status, body)
            else:
                # A retry of what was not possible just now is a new try, not the same answer again.
                view.give_proof_back()
        return Response(body, status=status, content_type="application/problem+json")
    if isinstance(error, SuspiciousOperation):
        status, code, sentence = refusal_of(error)
        body = {"type": "about:blank", "title": sentence, "status": status, "code": code}
        return Response(body, status=status, content_type="application/problem+json")
    if isinstance(error, APIException):
        body = {
            "type": "about:blank",
            "title": str(error.detail),
            "status": error.status_code,
            "code": "request_refused",
        }
        return Response(body, status=error.status_code, content_type="application/problem+json")
    if database_is_away(error):
        return None  # whoever answers for pages answers for programs too
    structlog.get_logger("ehportal.problems").exception(
        "unexpected_error", view=type(context.get("view")).__name__
    )
    body = {
        "type": "about:blank",
        "title": _("Something went wrong on our side."),
        "status": 500,
        "code": "internal_error",
    }
    return Response(body, status=500, content_type="application/problem+json")


def not_found(title: str) -> JsonResponse:
    """Return a 404 problem for addresses that no view serves."""
    return JsonResponse(
        {"type": "about:blank", "title": title, "status": 404, "code": "not_found"},
        status=404,
        content_type="application/problem+json",
    )
