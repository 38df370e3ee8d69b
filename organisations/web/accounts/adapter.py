"""What allauth may do here: people are invited by an administrator, nobody signs up by themselves."""

import time
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import Http404, HttpRequest, HttpResponseBase

from organisations.models import User
from organisations.sealing import seal, unseal
from organisations.services.letters.outbox import tell_account

JUST_NOW = timedelta(minutes=5)
"""How long a sign-in counts where the security of an account is touched."""


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes allauth's sign-up, and lets its letters go out in our shell, to the account's own address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are made by an administrator."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures by account and address: who mistypes an account's password elsewhere locks out nobody here."""
        key: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{get_ip(request)}"

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return False for who signed in a moment ago, such as somebody who sets up the second step: once is enough."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        steps = get_authentication_records(self.request, self.request.user)
        return not steps or time.time() - steps[-1]["at"] > JUST_NOW.total_seconds()

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Have somebody told what became of the own account, by a worker: no mail server holds up a change."""
        tell_account(user, template_prefix)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refuse a letter that has no words of ours: the link to a password goes by its form, the others as above."""
        raise NotImplementedError(template_prefix)


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps TOTP secrets and the seeds of recovery codes encrypted, with the key ring of national numbers."""

    def encrypt(self, text: str) -> str:
        """Return what is stored instead of a secret."""
        return seal(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; raises Unreadable when no key of the ring fits."""
        return unseal(encrypted_text.encode()).decode()


def closed(request: HttpRequest, key: str = "") -> HttpResponseBase:
    """Answer 404 where allauth would let people give themselves another e-mail address, or prove one.

    Roles are given by e-mail address: who could take a colleague's would get the colleague's roles. An address is
    proven by choosing a password through the link that was mailed to it, and in no other way.
    """
    raise Http404
