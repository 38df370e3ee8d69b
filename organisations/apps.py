"""Django's registration of the organisations app."""

from importlib import import_module

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants, people, mandates, devices and the record."""

    name = "organisations"

    def ready(self) -> None:
        """Let what changes a sign-in end the sessions from before."""
        import_module("organisations.web.accounts.sessions")
