"""The encryption token on a certificate's page: where it stands, activating it in one action, and the self test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.domain.tokens import TokenState
from certificates.domain.validity import RevocationStatus
from certificates.errors.requests import HolderWithoutMandate
from certificates.models import AgentJob, Certificate, ContinuityProof, EncryptionToken
from certificates.models.errand import ErrandKind
from certificates.models.job import JobKind, JobState
from certificates.services.errands.ask import ErrandOnItsWay, ErrandUnknown, hear_of, is_on_its_way, place
from certificates.services.tokens.activate import ask_for, holder_for
from certificates.services.tokens.errands import look_order
from certificates.services.tokens.find import ask_for_new_token, can_have_token
from certificates.web.parts.errands import waited_for, waiting
from certificates.web.parts.lookup import is_own
from certificates.web.tokens.words import ENDED, JOBS, TOKEN_STATES, finding_words
from organisations.access import Tenancy
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.models import Person
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label

PROOFS_SHOWN = 3
STOP_POLLING = 286
"""What htmx takes for: ask no more."""


@dataclass(frozen=True)
class ShownProof:
    """One self test with its words."""

    proof: ContinuityProof
    finding: Label


@dataclass(frozen=True)
class ShownJob:
    """A job that waits at a workstation, and whether the signed-in member is who can do it."""

    job: AgentJob
    what: str
    is_holder: bool


@dataclass(frozen=True)
class TokenPanel:
    """Everything that a page shows of a token; `token` None where there is none."""

    certificate: Certificate
    token: EncryptionToken | None
    state: Label | None
    holder: Person | None
    proofs: tuple[ShownProof, ...]
    jobs: tuple[ShownJob, ...]
    unfinished_job: str
    late: bool
    may_ask: bool
    may_look: bool
    """Whether this member may ask the depot."""
    alive: bool
    ending: bool
    """Whether another has taken over from its certificate, or the end of that is on its way: nothing new is made."""

    @property
    def is_dead(self) -> bool:
        """True when it ended with its certificate."""
        return self.token is not None and self.token.is_dead

    @property
    def waits(self) -> bool:
        """True while activation is what is missing."""
        return self.token is not None and self.token.state == TokenState.WAITING and not self.is_dead

    @property
    def activatable(self) -> bool:
        """True once a key store holds its key: activated before that, nobody could open what is sealed to it."""
        return self.token is not None and self.waits and self.token.stored_at is not None

    @property
    def unknown(self) -> bool:
        """True when nothing is known of a token, and none is being made in the sitting of a request."""
        begun = self.token is not None and (self.usable or bool(self.jobs))
        return self.alive and not self.ending and not begun and not self.unfinished_job

    @property
    def usable(self) -> bool:
        """True once there is a token that a self test can be asked for."""
        return self.token is not None and self.token.state != TokenState.STARTED


def state_of(token: EncryptionToken) -> Label:
    """Return the word for where a token stands; a dead certificate outweighs everything."""
    return ENDED if token.is_dead else TOKEN_STATES[TokenState(token.state)]


def panel_of(request: TenantRequest, certificate: Certificate, now: datetime, *, ending: bool) -> TokenPanel:
    """Return what the page of `certificate` shows; one question to the database, or three."""
    token = EncryptionToken.objects.filter(certificate=certificate).defer("sealed_etk").first()
    made_by = getattr(certificate, "request", None)
    alive = can_have_token(certificate, now)
    holder: Person | None = made_by.holder if made_by is not None else None
    if made_by is None and (token is not None or alive):  # else nothing is shown
        holder = holder_for(certificate, asked_by=request.tenancy.user, now=now)
    proofs = list(ContinuityProof.objects.filter(certificate=certificate)[:PROOFS_SHOWN]) if token else []
    waiting = _waiting(token, now) if token else []
    is_holder = holder is not None and holder.user_id == request.tenancy.user.pk
    job = getattr(made_by, "job", None)
    stored = token is not None and token.stored_at is not None
    is_revoked = certificate.revocation_status == RevocationStatus.REVOKED
    may_ask = (
        holder is not None
        and not is_revoked
        and (certificate.owner_id is None or is_own(request, certificate))
        and (request.tenancy.may(Permission.REQUEST_CERTIFICATE) or is_holder)
    )
    if token is not None:
        token.certificate = certificate  # as it was read already
    return TokenPanel(
        certificate=certificate,
        token=token,
        state=state_of(token) if token else None,
        holder=holder,
        proofs=tuple(
            ShownProof(proof, finding_words(proof.finding, token.state if token else "")) for proof in proofs
        ),
        jobs=tuple(
            ShownJob(one, str(JOBS[JobKind(one.kind)]), one.holder.user_id == request.tenancy.user.pk)
            for one in waiting
        ),
        unfinished_job=job.pk if job is not None and not stored and not is_revoked else "",
        late=token is not None and token.waits_too_long(now),
        alive=alive,
        may_ask=may_ask,
        may_look=may_ask and _may_look(certificate, request.tenancy),
        ending=ending,
    )


def _waiting(token: EncryptionToken, now: datetime) -> list[AgentJob]:
    open_ones = AgentJob.objects.filter(token=token, state=JobState.OFFERED, expires_at__gt=now)
    return list(open_ones.select_related("holder"))


@page(methods=("POST",))
def token_find(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Have the depot asked for the token of a certificate that was not made here; its page says what came of it."""
    certificate = get_object_or_404(_certificates(request.tenancy), pk=certificate_id)
    if not _may_look(certificate, request.tenancy):
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    errand = place(look_order(certificate, user=request.tenancy.user))
    return redirect(waiting(reverse("certificate", args=[certificate_id]), errand))


def heard_from_depot(request: TenantRequest) -> UUID | None:
    """Say on the page what the depot answered, once; return the errand while it is on its way."""
    errand = waited_for(request)
    if errand is None:
        return None
    try:
        hear_of(errand, ErrandKind.FIND_TOKEN, request.tenancy)
    except ErrandOnItsWay:
        return errand
    except ErrandUnknown:
        return None  # its answer was told before
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(
            request, _("The depot hands out this certificate's token. Test it to know that it opens.")
        )
    return None


@page()
def token_asked(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Whether the depot has answered: then the certificate's page is shown anew."""
    errand = waited_for(request)
    if errand is not None and is_on_its_way(errand, request.tenancy):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(status=STOP_POLLING, headers={"HX-Refresh": "true"})


@page(Permission.SEE_INVENTORY, methods=("POST",))
def token_make(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Have a workstation make the token for a key store that is there already."""
    certificate = get_object_or_404(_certificates(request.tenancy), pk=certificate_id)
    return _offered(
        request, certificate, lambda holder, actor, now: ask_for_new_token(certificate, holder=holder, actor=actor,
                                                                           now=now)
    )  # fmt: skip


@page(Permission.SEE_INVENTORY, methods=("POST",))
def token_activate(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """The new key store is in use everywhere: have the holder's workstation activate the token."""
    return _ask(request, certificate_id, JobKind.ACTIVATE_TOKEN)


@page(Permission.SEE_INVENTORY, methods=("POST",))
def token_check(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Have the holder's workstation prove that what is sealed to the token can be opened."""
    return _ask(request, certificate_id, JobKind.CHECK_TOKEN)


def _certificates(tenancy: Tenancy) -> QuerySet[Certificate]:
    """Those whose token this member may touch: an own one's stays its owner's, shared or not."""
    rows = Certificate.objects.filter(organisation=tenancy.organisation)
    return rows.filter(Q(owner=None) | Q(owner__user=tenancy.user))


def _may_look(certificate: Certificate, tenancy: Tenancy) -> bool:
    """Whether this member, who may touch its token, may ask the depot: for an own one, or for the organisation."""
    return certificate.owner_id is not None or tenancy.may(Permission.REQUEST_CERTIFICATE)


def _ask(request: TenantRequest, certificate_id: UUID, kind: JobKind) -> HttpResponse:
    token = get_object_or_404(
        EncryptionToken.objects.select_related("certificate__request__holder"),
        certificate__in=_certificates(request.tenancy),
        certificate_id=certificate_id,
    )
    return _offered(
        request,
        token.certificate,
        lambda holder, actor, now: ask_for(token, kind, holder=holder, actor=actor, now=now),
    )


def _offered(
    request: TenantRequest, certificate: Certificate, ask: Callable[[Person, Actor, datetime], AgentJob]
) -> HttpResponse:
    """Offer a job to whoever can do it, say at whose workstation it waits, and go back to the certificate."""
    now = timezone.now()
    holder = holder_for(certificate, asked_by=request.tenancy.user, now=now)
    if holder is None or holder.user_id != request.tenancy.user.pk:
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
    try:
        if holder is None:
            raise HolderWithoutMandate
        ask(holder, Actor.of(request.tenancy), now)
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(
            request, _("It waits at the workstation of %(holder)s, who needs only the key store's password.")
            % {"holder": holder},
        )  # fmt: skip
    return redirect("certificate", certificate.pk)
