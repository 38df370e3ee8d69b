"""What the invited see: who invites, to which organisation, as what; and how they accept."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from organisations.domain.roles import Role
from organisations.errors import InvitationOver
from organisations.models import Invitation, User
from organisations.services.accounts import is_begun
from organisations.services.invitations import (
    accept,
    accept_with_password,
    decline,
    find_invitation,
    owner_of,
)
from organisations.services.work.deadlocks import write_down
from organisations.web.pages import sentence_of
from organisations.web.tenancy import switch_organisation
from organisations.web.words import ROLE_EXPLANATIONS, ROLES

View = Callable[..., HttpResponseBase]


class FirstPasswordForm(forms.Form):
    """The first password of an account that an invitation begins."""

    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        help_text=gettext_lazy("At least twelve characters, and nothing that is easy to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=gettext_lazy("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        """Refuse what the installation's rules refuse."""
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Refuse two different ones."""
        given = super().clean() or {}
        if "password1" in given and given.get("password1") != given.get("password2"):
            self.add_error("password2", _("This is not the password that you typed above."))
        return given


def invited(view: View) -> View:
    """Guard a view for whoever holds the letter: found by its address, open, and nobody's organisation yet."""

    @wraps(view)
    def guarded(
        request: HttpRequest, organisation_id: UUID, invitation_id: UUID, seal: str
    ) -> HttpResponseBase:
        invitation = find_invitation(organisation_id, invitation_id, seal)
        if invitation is None:
            return render(request, "invitations/unknown.html", status=404)
        if not invitation.is_open(timezone.now()):
            return render(request, "invitations/over.html", {"invitation": invitation}, status=410)
        return view(request, invitation)

    guarded.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@invited
def invitation(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    """Show the invitation; who has no account yet accepts by choosing a password, others sign in first."""
    owner = owner_of(invitation)
    if is_begun(owner):
        return _shown(request, invitation)
    blank = owner or User(email=invitation.email, full_name=invitation.full_name)
    if not blank.is_active:
        return redirect("account_inactive")
    form = FirstPasswordForm(blank, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _shown(request, invitation, form=form, status=422 if form.errors else 200)
    try:
        user = write_down(
            [invitation.organisation_id],
            lambda: accept_with_password(invitation, form.cleaned_data["password1"], now=timezone.now()),
        )
    except InvitationOver as refusal:
        return _refused(request, invitation, refusal)
    # The letter proved the address and the password is seconds old: the second step is next.
    request.session.flush()
    record_authentication(request, user, method="password", email=user.email)
    answer: HttpResponseBase = perform_login(request, Login(user=user, email=user.email))
    switch_organisation(request, invitation.organisation_id)
    return answer


invitation.no_second_factor = True  # type: ignore[attr-defined]  # read by SecondFactorMiddleware


@require_http_methods(["POST"])
@invited
def invitation_accept(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    """Give the role to the signed-in owner of the address, who passed both steps, and go on in that organisation."""
    if not _is_owner(request, invitation):
        return redirect(request.path.removesuffix("accept/"))
    assert isinstance(request.user, User)  # noqa: S101  # narrows what _is_owner has looked at
    try:
        user = request.user
        write_down([invitation.organisation_id], lambda: accept(invitation, user, now=timezone.now()))
    except InvitationOver as refusal:
        return _refused(request, invitation, refusal)
    switch_organisation(request, invitation.organisation_id)
    said = {"organisation": invitation.organisation, "role": ROLES[Role(invitation.role)]}
    messages.success(request, _("You work for %(organisation)s now, as: %(role)s.") % said)
    return redirect("/")


@require_http_methods(["POST"])
@invited
def invitation_decline(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    """Note that whoever holds the letter does not want the role."""
    try:
        write_down([invitation.organisation_id], lambda: decline(invitation, now=timezone.now()))
    except InvitationOver as refusal:
        return _refused(request, invitation, refusal)
    return render(request, "invitations/over.html", {"invitation": invitation})


invitation_decline.no_second_factor = True  # type: ignore[attr-defined]  # likewise: nothing is opened by it


def _is_owner(request: HttpRequest, invitation: Invitation) -> bool:
    user = request.user
    return isinstance(user, User) and user.email.lower() == invitation.email.lower()


def _shown(
    request: HttpRequest, invitation: Invitation, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    role = Role(invitation.role)
    context = {
        "invitation": invitation,
        "role": ROLES[role],
        "explanation": ROLE_EXPLANATIONS[role],
        "form": form,
        "is_owner": _is_owner(request, invitation),
    }
    return render(request, "invitations/invitation.html", context, status=status)


def _refused(request: HttpRequest, invitation: Invitation, refusal: InvitationOver) -> HttpResponse:
    messages.error(request, sentence_of(refusal))
    return render(request, "invitations/over.html", {"invitation": invitation}, status=410)
