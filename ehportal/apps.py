"""Django's registration of the composition root."""

from django.apps import AppConfig


class EhportalConfig(AppConfig):
    """Settings, page shell and the checks of an installation."""

    name = "ehportal"

    def ready(self) -> None:
        """Register the system checks."""
        from ehportal import checks, clock  # noqa: F401  # importing registers them
