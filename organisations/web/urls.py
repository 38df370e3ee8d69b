"""Addresses of the organisation's pages, under /organisation/."""

from django.urls import include, path

from organisations.web import identifiers, key_stores, mandates, organisation, people
from organisations.web.members import pages as members
from organisations.web.record import history

urlpatterns = [
    path("", organisation.organisation, name="organisation"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/<uuid:person_id>/ssin/", people.person_ssin, name="person-ssin"),
    path("identifiers/new/", identifiers.identifier_new, name="identifier-new"),
    path("identifiers/<uuid:identifier_id>/remove/", identifiers.identifier_remove, name="identifier-remove"),
    path("key-stores/", key_stores.key_store_software, name="key-store-software"),
    path("mandates/new/", mandates.mandate_new, name="mandate-new"),
    path("mandates/<uuid:mandate_id>/withdraw/", mandates.mandate_withdraw, name="mandate-withdraw"),
    path("members/new/", members.member_new, name="member-new"),
    path("members/<uuid:membership_id>/take/", members.member_take, name="member-take"),
    path("invitations/<uuid:invitation_id>/send/", members.invitation_send, name="invitation-send"),
    path(
        "invitations/<uuid:invitation_id>/withdraw/", members.invitation_withdraw, name="invitation-withdraw"
    ),
    path("people/<uuid:person_id>/return/", people.person_return, name="person-return"),
    path("webhooks/", include("organisations.web.webhooks.urls")),
    path("connections/", include("organisations.web.credentials.urls")),
    path("history/", history.history, name="history"),
    path("switch/", organisation.organisation_switch, name="organisation-switch"),
]
