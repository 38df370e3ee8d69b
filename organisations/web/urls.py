"""Addresses of the organisation's pages, under /organisation/."""

from django.urls import path

from organisations.web import history, leavers, organisation

urlpatterns = [
    path("", organisation.organisation, name="organisation"),
    path("people/new/", organisation.person_new, name="person-new"),
    path("people/<uuid:person_id>/ssin/", organisation.person_ssin, name="person-ssin"),
    path("identifiers/new/", organisation.identifier_new, name="identifier-new"),
    path("mandates/new/", organisation.mandate_new, name="mandate-new"),
    path("mandates/<uuid:mandate_id>/withdraw/", organisation.mandate_withdraw, name="mandate-withdraw"),
    path("members/new/", organisation.member_new, name="member-new"),
    path("members/<uuid:membership_id>/take/", leavers.member_take, name="member-take"),
    path("people/<uuid:person_id>/return/", leavers.person_return, name="person-return"),
    path("history/", history.history, name="history"),
    path("switch/", organisation.organisation_switch, name="organisation-switch"),
]
