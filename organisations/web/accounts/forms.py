"""Forms of allauth that do more here."""

from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, ResetPasswordKeyForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.translation import gettext as _

from organisations.errors import Unreadable
from organisations.models import User
from organisations.sealing import seal, unseal
from organisations.services.accounts import choose_password_by_mail
from organisations.services.letters.outbox import ask_for_password


class AskByMail(ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Asking for the link to a password: nothing here looks whether an account has the address that was typed."""

    def clean_email(self) -> str:
        """Return the address as it was typed."""
        address: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        return address

    def save(self, request: HttpRequest, **_: Any) -> str:
        """Have a worker see whose it is, and write."""
        address: str = self.cleaned_data["email"]
        ask_for_password(address)
        return address


class ChooseByMail(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    """Choosing a password through a mailed link, which proves the address that the link was mailed to."""

    def save(self) -> None:
        """Keep the password and what the link proved."""
        choose_password_by_mail(self.user, self.cleaned_data["password1"])


class _TriesWhatItCanRead(BaseAuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """Of several things that a code may fit, one that no key opens keeps the others from nothing."""

    def clean_code(self) -> str:
        """Return the code that fits; says so where it may fit only what cannot be read."""
        try:
            return str(super().clean_code())
        except Unreadable as error:
            code: str = self.cleaned_data["code"]
            authenticators = list(Authenticator.objects.filter(user=self.user).order_by("type"))
            for authenticator in authenticators:
                with suppress(Unreadable):
                    if authenticator.wrap().validate_code(code):
                        authenticator.user = self.user
                        self.authenticator = authenticator
                        return code
            self._emit_authentication_failed(authenticators[-1])  # the app's, if there is one
            raise forms.ValidationError(
                _(
                    "This code could not be checked: what it is compared with cannot be read, because its key is "
                    "missing here. Ask the operator to restore the key, or use one of your recovery codes."
                )
            ) from error


class SecondStep(_TriesWhatItCanRead, AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The second step of signing in."""


class SecondStepAgain(_TriesWhatItCanRead, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The second step before the security of an account is touched."""


class SetUpSecondStep(ActivateTOTPForm):  # type: ignore[misc]  # allauth ships no types
    """Setting the authenticator app up; until the code is typed, the session keeps the secret sealed."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)  # allauth's own would keep the secret readable
        self.user = user
        self.secret = _secret(context.request.session, anew=not self.is_bound)


def _secret(session: SessionBase, *, anew: bool) -> str:
    """Return the secret that this session shows; another one where the page is opened, or it cannot be read."""
    with suppress(Unreadable, AttributeError, UnicodeEncodeError):
        if not anew and (sealed := session.get(SECRET_SESSION_KEY)):
            return unseal(sealed.encode("ascii")).decode()
    secret: str = generate_totp_secret()
    session[SECRET_SESSION_KEY] = seal(secret.encode()).decode("ascii")
    return secret
