"""The self-updating part that pages of requests and revocations share, and what may be done from there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.signing import SigningState
from certificates.models import CertificateRequest, SignedWork
from certificates.selectors.steps import Step
from certificates.web.parts.away import away_in
from certificates.web.parts.letters import letter_lines
from certificates.web.parts.rows import problem_view, step_lines
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import AuditEvent
from organisations.selectors import works_for
from organisations.services.audit import Actor
from organisations.web.pages import sentence_of
from organisations.web.record.lines import lines_of
from organisations.web.record.meanwhile import told
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Text

STOP_POLLING = 286
"""htmx stops polling on this status and still swaps the content."""


@dataclass(frozen=True)
class Kind:
    """In what the pages of one kind of work differ: the names of its addresses, its words, who may act on it."""

    page: str
    sign: str
    permission: Permission
    way: Text
    cancel: Text
    done: Text
    agent_shows: Text

    def ways(self, key: UUID) -> dict[str, str]:
        """Return the addresses of one row's pages and actions."""
        return {
            "page": reverse(self.page, args=[key]),
            "sign": reverse(self.sign, args=[key]),
            "status": reverse(f"{self.page}-status", args=[key]),
            "cancel": reverse(f"{self.page}-cancel", args=[key]),
            "ask_again": reverse(f"{self.page}-ask-again", args=[key]),
        }


REQUEST = Kind(
    page="request",
    sign="sign",
    permission=Permission.REQUEST_CERTIFICATE,
    way=_("The way to the certificate"),
    cancel=_("Cancel this request"),
    done=_("Done: the certificate is in your key store"),
    agent_shows=_(
        "The agent shows the contract once more, makes the key on this computer and asks your PIN. Nothing is signed "
        "before you say so."
    ),
)

REVOCATION = Kind(
    page="revocation",
    sign="revocation-sign",
    permission=Permission.REVOKE_CERTIFICATE,
    way=_("The way to its end"),
    cancel=_("Withdraw this revocation"),
    done=_("Done: the certificate is revoked"),
    agent_shows=_(
        "The agent shows once more which certificate ends and why, and asks your PIN. Nothing is signed before you say "
        "so."
    ),
)


ASKED = frozenset({SigningState.AWAITING_SIGNATURE, SigningState.AWAITING_DEVICE})
"""States in which somebody was asked for a signature and is told so by mail."""


def progress_view(
    request: TenantRequest,
    kind: Kind,
    found: SignedWork,
    *,
    row: object,
    steps: list[Step],
    events: list[AuditEvent],
) -> dict[str, Any]:
    """Return what the updating part shows."""
    may_act = request.tenancy.may(kind.permission)
    letters = letter_lines(found.pk, found.holder) if found.state in ASKED else None
    arrived = sum(one.arrived for one in letters or ())
    waits_for = found.environment if isinstance(found, CertificateRequest) else found.certificate.environment
    away = [] if found.is_final else away_in(waits_for)
    signed = any(step.key == "signature" and step.state == "done" for step in steps)
    return {
        "row": row,
        "found": found,
        "kind": kind,
        "ways": kind.ways(found.pk),
        "steps": step_lines(steps),
        "signer": _("Signed by") if signed else _("Who signs") if found.is_final else _("To be signed by"),
        "problem": problem_view(found.problem),
        "lines": lines_of(events),
        "is_holder": found.holder.user_id == request.tenancy.user.pk,
        "to_sign": found.state == SigningState.AWAITING_SIGNATURE and hasattr(found, "job"),
        "version": f"{found.state}-{found.state_since.timestamp():.0f}-{int(found.problem is not None)}-{arrived}"
        f"-{len(away)}",
        "away": away,
        "letters": letters,
        "sees_answers": may_act,
        "cancellable": may_act and found.is_cancellable,
        "may_ask_again": may_act and found.state == SigningState.GAVE_UP,
    }


def before_signing(request: TenantRequest, progress: dict[str, Any]) -> dict[str, Any]:
    """Return what the page of a holder shows besides: whether the own workstation is still to be made ready."""
    asked = progress["to_sign"] and progress["is_holder"]
    return {"without_device": asked and not works_for(request.tenancy.user, request.tenancy.organisation)}


def status_answer(request: TenantRequest, progress: dict[str, Any]) -> HttpResponse:
    """Return the updating part: 204 while nothing changed since `seen`, 286 once nothing moves any more."""
    signing = request.GET.get("view") == "sign"
    is_final = progress["found"].is_final
    if request.GET.get("seen") == progress["version"] and not is_final:
        return HttpResponse(status=204)
    if signing:
        progress = progress | before_signing(request, progress) | {"swapped": True}
    return render(
        request,
        "certificates/signing/progress.html" if signing else "certificates/requests/progress.html",
        progress,
        status=STOP_POLLING if is_final else 200,
    )


def act_on(
    request: TenantRequest, found: SignedWork, act: Callable[..., None], *, done: str, page: str
) -> HttpResponse:
    """Do it, tell what came of it, and go back to the row's page."""
    try:
        act(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{sentence_of(refusal)} {told(found.pk)}".strip())
    else:
        messages.success(request, done)
    return redirect(page, found.pk)
