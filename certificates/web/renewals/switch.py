"""The switch from an old certificate to its successor: a picture, a checklist, and confirming it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.domain.tokens import TokenState
from certificates.models import Certificate
from certificates.services.renewals.confirm_switch import (
    INSTALLATIONS,
    KEY_STORE,
    LOGIN,
    LOOK,
    PROOF,
    TOKEN,
    SwitchChecklist,
    checklist_of,
    confirm_switch,
)
from certificates.web.installations.pages import of_the_same_key
from certificates.web.parts.lookup import find_certificate, is_own
from certificates.web.parts.plots import Switch, plot_switch
from certificates.web.tokens.login_words import login_advice, login_details, login_text
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest

NAMED = 20
"""How many installations a line names."""


@dataclass(frozen=True)
class CheckLine:
    """One line of the checklist: done or open, what it is, and what is still to be done."""

    code: str
    done: bool
    text: str
    advice: str
    at: datetime | None = None
    named: tuple[str, ...] = ()
    """What is meant, one by one, where not all can be found by the words."""


@dataclass(frozen=True)
class SwitchView:
    """Everything that the page of either certificate shows of the switch."""

    checklist: SwitchChecklist
    lines: tuple[CheckLine, ...]
    wide: Switch
    narrow: Switch
    confirmable: bool
    needs_reason: bool
    came_back: bool
    """The switch was confirmed, and a workstation has found the old certificate since."""


def switch_view(
    certificate: Certificate, predecessor: Certificate | None, successor: Certificate | None, now: datetime
) -> SwitchView | None:
    """Return the switch in which `certificate` is the old one, else the one in which it is the new one."""
    if successor is not None:
        old, new = certificate, successor
    elif predecessor is not None and predecessor.revocation_status != "revoked":
        old, new = predecessor, certificate
    else:
        return None
    checklist = checklist_of(old, new)
    left = checklist.open

    def drawn(width: int, every: int) -> Switch:
        return plot_switch(
            (old.not_before, old.not_after),
            (new.not_before, new.not_after),
            now,
            opens_at=old.renewable_from,
            switched_at=old.switch_confirmed_at,
            width=width,
            every=every,
        )

    return SwitchView(
        checklist,
        _lines(checklist, now),
        wide=drawn(1000, 1),
        narrow=drawn(340, 3),
        confirmable=not checklist.blocking,
        needs_reason=bool(left),
        came_back=checklist.confirmed_at is not None and bool(checklist.in_the_way),
    )


def _lines(checklist: SwitchChecklist, now: datetime) -> tuple[CheckLine, ...]:
    done = {
        code: code not in checklist.open for code in (KEY_STORE, LOOK, INSTALLATIONS, TOKEN, PROOF, LOGIN)
    }
    left = len(checklist.in_the_way)
    request, look, token, proof = checklist.request, checklist.look, checklist.token, checklist.proof
    login = checklist.login
    return (
        CheckLine(
            KEY_STORE,
            done[KEY_STORE],
            _key_store_text(checklist),
            _("The agent on the workstation that signed confirms it as soon as it runs.")
            if request
            else _(
                "It was made elsewhere: let the agent look on the machine that uses it, and give the password."
            ),
            request.state_since if request and done[KEY_STORE] else None,
        ),
        CheckLine(
            LOOK,
            done[LOOK],
            _("A workstation has looked for key stores since: %(machine)s") % {"machine": look.machine}
            if look is not None
            else _("No workstation has looked for key stores since the new certificate is here"),
            _("The agent looks with the command %(agent)s scan, on each machine where one may be in use."),
            look.looked_at if look is not None else None,
        ),
        CheckLine(
            INSTALLATIONS,
            done[INSTALLATIONS],
            _("No known installation of the old certificate stands in the way")
            if done[INSTALLATIONS]
            else ngettext(
                "%(count)d installation of the old certificate is left",
                "%(count)d installations of the old certificate are left",
                left,
            )
            % {"count": left},
            _("Load the new key store there and let the agent look again, or accept what is left."),
            named=tuple(
                f"{one.machine}, {one.path} – {of_the_same_key(one, now)}"
                for one in checklist.in_the_way[:NAMED]
                if one.certificate_id is None
            ),
        ),
        CheckLine(
            TOKEN,
            done[TOKEN],
            _("The encryption token of the new certificate is active")
            if done[TOKEN]
            else _("The encryption token of the new certificate waits for its activation")
            if token is not None and token.state == TokenState.WAITING
            else _("No encryption token of the new certificate is registered"),
            _("The holder activates it once the new key store is in use everywhere.")
            if token is not None and token.state == TokenState.WAITING
            else _("The holder's agent makes and registers it."),
            token.state_since if token is not None and done[TOKEN] else None,
        ),
        CheckLine(
            PROOF,
            done[PROOF],
            _("The self test passed with the new key store")
            if done[PROOF]
            else _("The self test with the new key store did not pass")
            if proof is not None
            else _("No self test was done with the new key store"),
            _("The agent seals a message to the token and opens it with the key store."),
            proof.checked_at if proof is not None else None,
        ),
        CheckLine(
            LOGIN,
            done[LOGIN],
            login_text(login),
            login_advice(login),
            login.checked_at if login is not None else None,
            named=login_details(login),
        ),
    )


def _key_store_text(checklist: SwitchChecklist) -> str:
    if checklist.request is not None:
        return _("The holder's workstation confirmed the new key store")
    if checklist.key_store_confirmed:
        return _("A workstation was seen with the new key store")
    return _("No workstation was seen with the new key store")


@page(Permission.SEE_INVENTORY, methods=("POST",))
def certificate_switch(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Confirm that the old certificate is out of use: its owner's business, or who requests certificates here."""
    found = find_certificate(request, certificate_id)
    if not is_own(request, found):
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
    try:
        hold(
            request,
            Certificate.objects.filter(organisation=request.tenancy.organisation),
            found.pk,
            stands=lambda one: one.switch_confirmed_at is not None,
            done=("switch_confirmed",),
        )
        confirm_switch(
            found,
            reason=request.POST.get("reason", ""),
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The switch is confirmed: the old certificate is out of use."))
    return redirect("certificate", found.pk)
