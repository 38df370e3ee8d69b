"""Django's registration of the organisations app."""

from importlib import import_module

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants, people, mandates, devices and the record."""

    name = "organisations"

    def ready(self) -> None:
        """Let what changes a sign-in end the sessions from before, and calls outside ask whether they may."""
        from organisations.services.circuits import SharedCircuits
        from organisations.tenancy import why_not_now
        from outside.circuits import keep_circuits
        from outside.leave import ask_before_calls

        import_module("organisations.web.accounts.sessions")
        keep_circuits(SharedCircuits())
        ask_before_calls(why_not_now)
