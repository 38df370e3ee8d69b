"""The words for roles, which letters and pages share."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.domain.roles import Role

Text = str | Promise

ROLES: dict[Role, Text] = {
    Role.ADMINISTRATOR: _("Administrator"),
    Role.HOLDER: _("Certificate holder"),
    Role.AUDITOR: _("Auditor"),
    Role.VIEWER: _("Viewer"),
}

ROLE_EXPLANATIONS: dict[Role, Text] = {
    Role.ADMINISTRATOR: _("Manages people and mandates, requests certificates, sees everything."),
    Role.HOLDER: _("Signs requests with the own identity card."),
    Role.AUDITOR: _("Sees the certificates and the whole history, changes nothing."),
    Role.VIEWER: _("Sees the certificates."),
}
"""One sentence: what the role may do."""
