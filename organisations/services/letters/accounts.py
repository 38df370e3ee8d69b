"""The letters that allauth sends about an account, in our words: by the name that allauth gives them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from organisations.models import User
from organisations.services.letters.mail import Message, compose


def account_letter(
    name: str, user: User, link: str = "", *, at: datetime | None = None
) -> EmailMultiAlternatives:
    """Return the letter that allauth calls `name`, in the language of `user`. Raises KeyError for one we do not know.

    `at` is when what it tells of happened. Its links lead to the installation's origin.
    """
    with (
        translation.override(user.language),
        timezone.override(settings.DISPLAY_TIME_ZONE),
    ):
        moment = at or timezone.now()
        message = link_to_a_password(link) if name == LINK else changed(CHANGES[name](), moment)
    return compose(user.email, user.full_name, user.language, message)


def link_for(user: User) -> str:
    """Return where `user` chooses a password, with a key that works once; at the installation's origin."""
    key = f"{user_pk_to_url_str(user)}-{app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return f"{settings.ORIGIN}{path.replace('UID-KEY', key)}"


LINK = "account/email/password_reset_key"

CHANGES: dict[str, Callable[[], tuple[str, str]]] = {
    "account/email/password_changed": lambda: (
        _("Your password was changed"),
        _("The password of your ehportal account was changed on %(moment)s."),
    ),
    "account/email/password_set": lambda: (
        _("Your password was set"),
        _("A password was set for your ehportal account on %(moment)s."),
    ),
    "account/email/password_reset": lambda: (
        _("You have chosen a password"),
        _(
            "A password was chosen for your ehportal account on %(moment)s, through the link that was mailed to you."
        ),
    ),
    "mfa/email/totp_activated": lambda: (
        _("Your authenticator app was set up"),
        _(
            "On %(moment)s an authenticator app was connected to your ehportal account. It is asked at each sign-in."
        ),
    ),
    "mfa/email/totp_deactivated": lambda: (
        _("Your authenticator app was removed"),
        _("On %(moment)s the authenticator app was removed from your ehportal account."),
    ),
    "mfa/email/recovery_codes_generated": lambda: (
        _("New recovery codes were made for you"),
        _(
            "On %(moment)s new recovery codes were made for your ehportal account. The earlier ones work no more."
        ),
    ),
}
"""What happened: the subject, and the sentence that says it."""


def link_to_a_password(address: str) -> Message:
    """Return the letter with the link through which a password is chosen, in the active language."""
    days = settings.PASSWORD_RESET_TIMEOUT // int(timedelta(days=1).total_seconds())
    return Message(
        subject=_("Choose a password for ehportal"),
        before=[
            _(
                "A link was asked to choose a password for your ehportal account. It works once, on this page:"
            ),
        ],
        link=_("Choose a password"),
        address=address,
        after=[
            ngettext(
                "The link works for %(days)d day. After that, ask a new one on the sign-in page.",
                "The link works for %(days)d days. After that, ask a new one on the sign-in page.",
                days,
            )
            % {"days": days},
            _("If you did not ask for it, you need not do anything: your password stays as it is."),
        ],
    )


def changed(what: tuple[str, str], now: datetime) -> Message:
    """Return the letter that says what changed on an account, in the active language and time zone."""
    moment = pgettext("a moment, Django date format", "j M Y, H:i")
    subject, sentence = what
    return Message(
        subject=subject,
        before=[
            sentence % {"moment": date_format(timezone.localtime(now), moment)},
            _("If that was you, you need not do anything."),
        ],
        link=_("It was not me: choose another password"),
        address=f"{settings.ORIGIN}{reverse('account_reset_password')}",
        after=[_("If it was not you, also tell an administrator of your organisation at once.")],
    )
