"""Which sessions of an account go on: those that passed its second step themselves, and were opened as it stands.

Whatever changes how somebody signs in (second step set up, removed, new recovery codes) ends the account's sessions,
except the one in which it was done; Django itself does so where a password changes. Nobody stays in by a session that
was opened with less than what is asked today.
"""

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import update_session_auth_hash
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from organisations.models import User
from organisations.services.accounts import end_sessions

SECOND_STEP = "mfa"
"""What allauth calls it among the steps that a session has passed."""


def has_passed_second_step(request: HttpRequest) -> bool:
    """True when this very session passed the second step of the signed-in account, or set it up."""
    return any(one.get("method") == SECOND_STEP for one in get_authentication_records(request, request.user))


@receiver(post_save, sender=Authenticator)
def second_step_made(instance: Authenticator, created: bool, **_: Any) -> None:
    """End every session of the account, wherever a second step was set up: here, or by a command."""
    if created:
        end_sessions(instance.user)


@receiver(post_delete, sender=Authenticator)
def second_step_gone(instance: Authenticator, **_: Any) -> None:
    """End every session of the account, wherever a second step was removed."""
    end_sessions(instance.user)


@receiver([signals.authenticator_added, signals.authenticator_removed, signals.authenticator_reset])
def keep_this_session(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Let the session go on in which it was done; it has passed the second step as far as there is one."""
    user.refresh_from_db(fields=["sign_in_changes"])
    update_session_auth_hash(request, user)
    if not is_mfa_enabled(user):
        records = get_authentication_records(request, user)
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            one for one in records if one.get("method") != SECOND_STEP
        ]
    elif authenticator.type == Authenticator.Type.TOTP and not has_passed_second_step(request):
        # Its code was just typed here: that is what the second step asks.
        record_authentication(request, user, SECOND_STEP, id=authenticator.pk, type=authenticator.type)
