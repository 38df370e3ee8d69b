"""Reasons why a person's own certificate is not shown to others. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class SharingRefused(DomainError):
    """Somebody else than its owner would show or hide a certificate."""

    code = "sharing_refused"
    title = _("Only the person whose certificate it is decides who sees it.")
