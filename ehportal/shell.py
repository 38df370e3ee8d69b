"""What every page knows about this installation."""

from django.conf import settings
from django.http import HttpRequest


def installation(_request: HttpRequest) -> dict[str, object]:
    """Context processor: whether the government's services are a sandbox, and the languages."""
    return {
        "sandbox": settings.SANDBOX,
        "languages": settings.LANGUAGES,
        "display_time_zone": settings.DISPLAY_TIME_ZONE,
    }
