"""Where everything is mounted."""

from django.urls import include, path

from certificates.api.trusted import store as trust_store
from ehportal.operation import services, trusted
from ehportal.operation.views import release_row, work
from organisations.api.returned_mail import returned_mail
from organisations.web.accounts.adapter import closed
from organisations.web.accounts.recovery import MakeNewCodes
from organisations.web.language import choose_language

handler400 = "ehportal.pages.refusals.bad_request"
handler500 = "ehportal.pages.away.server_error"

urlpatterns = [
    path("", include("ehportal.api.urls")),
    path("agent/v1/", include("certificates.api.urls")),
    path("trust/v1/<slug:environment>/<slug:purpose>.<str:form>", trust_store, name="trust-store"),
    path("accounts/email/", closed),
    path("accounts/confirm-email/", closed),
    path("accounts/confirm-email/<str:key>/", closed),
    path("accounts/login/code/confirm/", closed),
    path("accounts/2fa/recovery-codes/generate/", MakeNewCodes.as_view()),
    path("accounts/", include("allauth.urls")),
    path(
        "invitations/<uuid:organisation_id>/<uuid:invitation_id>/<str:seal>/",
        include("organisations.web.members.urls"),
    ),
    path("language/", choose_language, name="language"),
    path("operation/", work, name="operation-work"),
    path(
        "operation/release/<slug:kind>/<uuid:organisation_id>/<uuid:row_id>/",
        release_row,
        name="operation-release",
    ),
    path("operation/services/", services.services, name="operation-services"),
    path(
        "operation/services/<uuid:maintenance_id>/end/",
        services.maintenance_end,
        name="operation-maintenance-end",
    ),
    path("operation/trust/", trusted.trust, name="operation-trust"),
    path(
        "operation/trust/operators/<uuid:operator_id>/",
        trusted.trust_operator,
        name="operation-trust-operator",
    ),
    path("operation/trust/lists/<uuid:list_id>/", trusted.trust_ask, name="operation-trust-ask"),
    path(
        "operation/trust/certificates/<uuid:certificate_id>/",
        trusted.trust_switch,
        name="operation-trust-switch",
    ),
    path("mail/returned/", returned_mail, name="returned-mail"),
    path("notices/", include("organisations.web.notices.urls")),
    path("organisation/", include("organisations.web.urls")),
    path("", include("certificates.web.urls")),
]
