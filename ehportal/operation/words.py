"""What the operator's page calls lanes and kinds of work."""

from django.utils.translation import gettext_lazy as _

from organisations.domain.work import Lane

LANES = {
    Lane.ASKED: _("What people wait for"),
    Lane.SUBMISSIONS: _("To the government and back"),
    Lane.STATUS: _("Revocation status"),
    Lane.NOTICES: _("Letters"),
    Lane.IMPORTS: _("Imports"),
    Lane.WEBHOOKS: _("What other systems are told"),
    Lane.UPKEEP: _("Housekeeping"),
}

KINDS = {
    "request_contracts": _("Contracts of requests"),
    "revocation_contracts": _("Contracts of revocations"),
    "requests": _("Requests"),
    "revocations": _("Revocations"),
    "foreign_requests": _("Requests of foreign care providers"),
    "revocation_evidence": _("Evidence of revocations"),
    "revocation_lists": _("Revocation lists that are renewed"),
    "service_probes": _("Government services that are asked whether they are there"),
    "trusted_lists": _("Trusted lists that are asked for"),
    "status_checks": _("Status checks"),
    "imports": _("Large uploads that are read and taken in"),
    "card_checks": _("Identity cards that are checked"),
    "errands": _("Questions to the government for which somebody waits"),
    "account_letters": _("Letters about accounts"),
    "invitations": _("Invitations"),
    "correspondents": _("Letters that ask addresses outside"),
    "notices": _("Notices of an organisation"),
    "burning_letters": _("Letters that cannot wait"),
    "letters": _("Letters to readers"),
    "webhook_deliveries": _("Messages to webhooks"),
    "chores": _("Chores"),
}
