"""Addresses of connections, under /organisation/connections/."""

from django.urls import path

from organisations.web.credentials import pages

urlpatterns = [
    path("", pages.connections, name="connections"),
    path("new/", pages.connection_new, name="connection-new"),
    path("<uuid:connection_id>/", pages.connection, name="connection"),
    path("<uuid:connection_id>/secret/", pages.connection_rotate, name="connection-rotate"),
    path(
        "<uuid:connection_id>/secrets/<uuid:secret_id>/end/",
        pages.connection_secret_end,
        name="connection-secret-end",
    ),
    path("<uuid:connection_id>/end/", pages.connection_end, name="connection-end"),
]
