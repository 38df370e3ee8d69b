"""Addresses of the certificate pages, at the root."""

from django.urls import path

from certificates.web import answers, dashboard
from certificates.web.calendar import feeds
from certificates.web.calendar import pages as calendar
from certificates.web.calendar.feed import calendar_feed
from certificates.web.foreigners import new as new_foreigner
from certificates.web.foreigners import pages as foreigners
from certificates.web.installations import pages as installations
from certificates.web.inventory import (
    care,
    columns,
    consignments,
    export,
    imports,
    intakes,
    listing,
    references,
    several,
)
from certificates.web.inventory import pages as inventory
from certificates.web.notices import ahead, endings, rules
from certificates.web.own import pages as own
from certificates.web.papers import new as new_paper
from certificates.web.papers import pages as papers
from certificates.web.people import devices, leaving
from certificates.web.records import pages as records
from certificates.web.renewals import form as renewal_form
from certificates.web.renewals import switch
from certificates.web.requests import defaults
from certificates.web.requests import new as new_request
from certificates.web.requests import pages as requests
from certificates.web.revocations import new as new_revocation
from certificates.web.revocations import pages as revocations
from certificates.web.services import pages as services
from certificates.web.signing import pages as signing
from certificates.web.tokens import pages as tokens
from certificates.web.trusted import own_store, prepared
from certificates.web.trusted import pages as trusted
from organisations.web.workstation import workstation

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/feeds/make", feeds.feed_make, name="feed-make"),
    path("calendar/feeds/<uuid:feed_id>/revoke", feeds.feed_revoke, name="feed-revoke"),
    path("calendar/feeds/<str:secret>.ics", calendar_feed, name="calendar-feed"),
    path("services/", services.services, name="services"),
    path("services/targets", services.service_targets, name="service-targets"),
    path("certificates/", listing.inventory, name="inventory"),
    path("certificates/count", listing.inventory_count, name="inventory-count"),
    path("certificates/export", export.inventory_export, name="inventory-export"),
    path("certificates/columns", columns.columns_choose, name="inventory-columns"),
    path("certificates/several", several.several, name="inventory-several"),
    path("certificates/views/save", listing.view_save, name="view-save"),
    path("certificates/views/<uuid:view_id>/remove", listing.view_remove, name="view-remove"),
    path("certificates/import/", imports.import_upload, name="import-upload"),
    path("certificates/import/<uuid:batch_id>/", imports.import_preview, name="import-preview"),
    path("certificates/import/large/<uuid:consignment_id>/", consignments.consignment, name="consignment"),
    path(
        "certificates/import/large/<uuid:consignment_id>/status",
        consignments.consignment_status,
        name="consignment-status",
    ),
    path(
        "certificates/import/large/<uuid:consignment_id>/report",
        consignments.consignment_report,
        name="consignment-report",
    ),
    path("certificates/references/", references.references_upload, name="references-upload"),
    path("certificates/references/empty", references.references_empty, name="references-empty"),
    path("certificates/references/<uuid:batch_id>/", references.references, name="references"),
    path(
        "certificates/references/<uuid:batch_id>/report",
        references.references_report,
        name="references-report",
    ),
    path("certificates/imported/<uuid:intake_id>/", intakes.import_taken, name="import-taken"),
    path("certificates/<uuid:certificate_id>/", inventory.certificate, name="certificate"),
    path(
        "certificates/<uuid:certificate_id>/download",
        inventory.certificate_download,
        name="certificate-download",
    ),
    path("certificates/<uuid:certificate_id>/care", care.certificate_care, name="certificate-care"),
    path("certificates/<uuid:certificate_id>/watch", care.certificate_watch, name="certificate-watch"),
    path(
        "certificates/<uuid:certificate_id>/notices/", ahead.certificate_notices, name="certificate-notices"
    ),
    path(
        "certificates/<uuid:certificate_id>/notices/tell", ahead.certificate_unmute, name="certificate-unmute"
    ),
    path("organisation/contact/", defaults.contact_defaults, name="contact-defaults"),
    path("notices/ends/", endings.endings, name="endings"),
    path("notices/ends/<slug:about>/", endings.ending_rules, name="ending-rules"),
    path("notices/ends/<slug:about>/forget/", endings.ending_rules_forget, name="ending-rules-forget"),
    path("notices/rules/", rules.notice_rules, name="notice-rules"),
    path("notices/rules/new/", rules.rules_new, name="rules-new"),
    path("notices/rules/quiet/", rules.quiet_hours, name="quiet-hours"),
    path("notices/rules/<uuid:policy_id>/", rules.rules_change, name="rules-change"),
    path("notices/rules/<uuid:policy_id>/remove/", rules.rules_remove, name="rules-remove"),
    path("certificates/<uuid:certificate_id>/token/find", tokens.token_find, name="token-find"),
    path("certificates/<uuid:certificate_id>/token/asked", tokens.token_asked, name="token-asked"),
    path("certificates/<uuid:certificate_id>/token/make", tokens.token_make, name="token-make"),
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
    path(
        "certificates/<uuid:certificate_id>/revoke/",
        new_revocation.certificate_revoke,
        name="certificate-revoke",
    ),
    path("revocations/", revocations.revocations, name="revocations"),
    path("revocations/<uuid:revocation_id>/", revocations.revocation_page, name="revocation"),
    path("revocations/<uuid:revocation_id>/status", revocations.revocation_status, name="revocation-status"),
    path("revocations/<uuid:revocation_id>/cancel", revocations.revocation_cancel, name="revocation-cancel"),
    path(
        "revocations/<uuid:revocation_id>/ask-again",
        revocations.revocation_ask_again,
        name="revocation-ask-again",
    ),
    path("revocations/<uuid:revocation_id>/sign/", signing.revocation_sign, name="revocation-sign"),
    path("requests/", requests.requests, name="requests"),
    path("requests/new/", new_request.request_new, name="request-new"),
    path("requests/new/application-ids", new_request.request_application_ids, name="request-application-ids"),
    path("requests/<uuid:request_id>/", requests.request_page, name="request"),
    path("requests/<uuid:request_id>/status", requests.request_status, name="request-status"),
    path("requests/<uuid:request_id>/cancel", requests.request_cancel, name="request-cancel"),
    path("requests/<uuid:request_id>/ask-again", requests.request_ask_again, name="request-ask-again"),
    path("papers/", papers.papers, name="papers"),
    path("papers/new/", new_paper.paper_kinds, name="paper-kinds"),
    path("papers/new/<slug:kind>/", new_paper.paper_new, name="paper-new"),
    path("papers/<uuid:paper_id>/", papers.paper, name="paper"),
    path("papers/<uuid:paper_id>/move", papers.paper_move, name="paper-move"),
    path("papers/<uuid:paper_id>/upload", papers.paper_upload, name="paper-upload"),
    path("papers/<uuid:paper_id>/document", papers.paper_document, name="paper-document"),
    path("papers/<uuid:paper_id>/copy", papers.paper_copy, name="paper-copy"),
    path("foreigners/", foreigners.foreign_requests, name="foreign-requests"),
    path("foreigners/new/", new_foreigner.foreign_new, name="foreign-new"),
    path("foreigners/<uuid:request_id>/", foreigners.foreign, name="foreign"),
    path("foreigners/<uuid:request_id>/status", foreigners.foreign_status, name="foreign-status"),
    path(
        "foreigners/<uuid:request_id>/preparation", foreigners.foreign_preparation, name="foreign-preparation"
    ),
    path("foreigners/<uuid:request_id>/csr", foreigners.foreign_csr, name="foreign-csr"),
    path(
        "foreigners/<uuid:request_id>/certificate", foreigners.foreign_certificate, name="foreign-certificate"
    ),
    path("foreigners/<uuid:request_id>/confirmed", foreigners.foreign_confirmed, name="foreign-confirmed"),
    path(
        "foreigners/<uuid:request_id>/unconfirmed", foreigners.foreign_unconfirmed, name="foreign-unconfirmed"
    ),
    path("foreigners/<uuid:request_id>/opens", foreigners.foreign_opens, name="foreign-opens"),
    path("foreigners/<uuid:request_id>/cancel", foreigners.foreign_cancel, name="foreign-cancel"),
    path("foreigners/<uuid:request_id>/ask-again", foreigners.foreign_ask_again, name="foreign-ask-again"),
    path("sign/", signing.sign_list, name="sign-list"),
    path("sign/<uuid:request_id>/", signing.sign, name="sign"),
    path("help/answers/", answers.answers, name="answers"),
    path("own/", own.own, name="own"),
    path("own/new/", own.own_new, name="own-new"),
    path("own/<uuid:certificate_id>/share", own.own_share, name="own-share"),
    path("records/", records.records, name="records"),
    path("records/<uuid:inquiry_id>/", records.inquiry, name="records-inquiry"),
    path("records/<uuid:inquiry_id>/status", records.inquiry_status, name="records-status"),
    path("records/<uuid:inquiry_id>/cancel", records.inquiry_cancel, name="records-cancel"),
    path("records/<uuid:inquiry_id>/decide", records.inquiry_decide, name="records-decide"),
    path("trust/", trusted.trusted, name="trusted"),
    path("trust/lists/<uuid:list_id>/", trusted.trusted_list, name="trusted-list"),
    path("trust/versions/<uuid:version_id>.xml", trusted.trusted_version, name="trusted-version"),
    path(
        "trust/certificates/<uuid:certificate_id>/",
        prepared.platform_certificate,
        name="platform-certificate",
    ),
    path(
        "trust/certificates/<uuid:certificate_id>/download",
        prepared.platform_download,
        name="platform-download",
    ),
    path(
        "trust/certificates/<uuid:certificate_id>/software",
        prepared.software_add,
        name="software-add",
    ),
    path("trust/software/<uuid:line_id>/", prepared.software_mark, name="software-mark"),
    path("trust/<slug:environment>/<slug:purpose>/own/", own_store.own_store, name="trusted-own-store"),
    path("trust/<slug:environment>/<slug:purpose>/", trusted.trusted_store, name="trusted-store"),
    path("workstation/", workstation, name="workstation"),
    path("workstation/<uuid:device_id>/withdraw/", devices.device_withdraw, name="device-withdraw"),
    path("organisation/people/<uuid:person_id>/leave/", leaving.person_leave, name="person-leave"),
]
