"""Django's registration of the composition root."""

from django.apps import AppConfig


class EhportalConfig(AppConfig):
    """Settings, page shell and the checks of an installation."""

    name = "ehportal"

    def ready(self) -> None:
        """Register the system checks, and that workers and beat start only where they pass."""
        from ehportal import checks, clock  # noqa: F401  # importing registers them
        from ehportal.keys import checks as keys  # noqa: F401
        from ehportal.metrics import (  # noqa: F401
            calls,
            chores,
            ends,
            lanes,
            lists,
            services,
            sign_ins,
            trusted,
        )
        from ehportal.operation import start, unsafe  # noqa: F401
