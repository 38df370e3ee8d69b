"""Addresses of an invitation, behind the address that its letter carries."""

from django.urls import path

from organisations.web.members import invited

urlpatterns = [
    path("", invited.invitation, name="invitation"),
    path("accept/", invited.invitation_accept, name="invitation-accept"),
    path("decline/", invited.invitation_decline, name="invitation-decline"),
]
