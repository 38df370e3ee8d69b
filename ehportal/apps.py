"""Django's registration of the composition root."""

from django.apps import AppConfig


class EhportalConfig(AppConfig):
    """Settings, page shell and the checks of an installation."""

    name = "ehportal"

    def ready(self) -> None:
        """Register the system checks, and that workers and beat start only where they pass."""
        from ehportal import checks, clock  # noqa: F401  # importing registers them
        from ehportal.keys import checks as keys  # noqa: F401
        from ehportal.metrics import calls, chores, lanes, lists, sign_ins, trusted  # noqa: F401
        from ehportal.operation import start, unsafe  # noqa: F401
