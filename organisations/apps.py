"""Django's registration of the organisations app."""

from importlib import import_module

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants, people, mandates, devices and the record."""

    name = "organisations"

    def ready(self) -> None:
        """Let what changes a sign-in end the sessions from before, and calls to the outside ask the shared circuits."""
        from organisations.services.circuits import SharedCircuits
        from outside.circuits import keep_circuits

        import_module("organisations.web.accounts.sessions")
        keep_circuits(SharedCircuits())
