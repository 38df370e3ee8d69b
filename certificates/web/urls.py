"""Addresses of the certificate pages, at the root."""

from django.urls import path

from certificates.web import (
    answers,
    dashboard,
    devices,
    imports,
    installations,
    inventory,
    leaving,
    new_request,
    renewal_form,
    requests,
    signing,
    switch,
    tokens,
)
from organisations.web.workstation import workstation

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("certificates/", inventory.inventory, name="inventory"),
    path("certificates/import/", imports.import_upload, name="import-upload"),
    path("certificates/import/<uuid:batch_id>/", imports.import_preview, name="import-preview"),
    path("certificates/<uuid:certificate_id>/", inventory.certificate, name="certificate"),
    path(
        "certificates/<uuid:certificate_id>/download",
        inventory.certificate_download,
        name="certificate-download",
    ),
    path("certificates/<uuid:certificate_id>/token/activate", tokens.token_activate, name="token-activate"),
    path("certificates/<uuid:certificate_id>/token/check", tokens.token_check, name="token-check"),
    path(
        "certificates/<uuid:certificate_id>/renew/", renewal_form.certificate_renew, name="certificate-renew"
    ),
    path("certificates/<uuid:certificate_id>/switch", switch.certificate_switch, name="certificate-switch"),
    path("installations/", installations.installations, name="installations"),
    path(
        "installations/<uuid:installation_id>/accept",
        installations.installation_accept,
        name="installation-accept",
    ),
    path("requests/", requests.requests, name="requests"),
    path("requests/new/", new_request.request_new, name="request-new"),
    path("requests/new/application-ids", new_request.request_application_ids, name="request-application-ids"),
    path("requests/<uuid:request_id>/", requests.request_page, name="request"),
    path("requests/<uuid:request_id>/status", requests.request_status, name="request-status"),
    path("requests/<uuid:request_id>/cancel", requests.request_cancel, name="request-cancel"),
    path("requests/<uuid:request_id>/ask-again", requests.request_ask_again, name="request-ask-again"),
    path("sign/", signing.sign_list, name="sign-list"),
    path("sign/<uuid:request_id>/", signing.sign, name="sign"),
    path("help/answers/", answers.answers, name="answers"),
    path("workstation/", workstation, name="workstation"),
    path("workstation/<uuid:device_id>/withdraw/", devices.device_withdraw, name="device-withdraw"),
    path("organisation/people/<uuid:person_id>/leave/", leaving.person_leave, name="person-leave"),
]
