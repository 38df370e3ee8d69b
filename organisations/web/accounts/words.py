"""Sentences of allauth and Django that pages of ours show, so that our catalogues hold them.

The catalogues of an installation come before those of its libraries: what stands here is read in our words, politely.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

OURS = (
    _("Authenticator code"),
    _("Be patient, you are sending too many requests."),
    _("Code"),
    _("Current Password"),
    _("Email"),
    _("Email address"),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Invalid login."),
    _("New Password"),
    _("New Password (again)"),
    _("Password"),
    _("Password (again)"),
    _("Please type your current password."),
    _("The email address and/or password you specified are not correct."),
    _("The password reset token was invalid."),
    _("This account is currently inactive."),
    _("Too many failed login attempts. Try again later."),
    _("Use authenticator app or code"),
    _("Use your password"),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You must type the same password each time."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        12,
    ),
)
