"""What every page knows about this installation."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agent.wire.version import VERSION


def agent_command(request: HttpRequest) -> str:
    """How the agent is started in a terminal of whoever is signed in."""
    user = getattr(request, "user", None)
    return settings.AGENT_COMMANDS.get(getattr(user, "email", ""), settings.AGENT_COMMAND)


def installation(request: HttpRequest) -> dict[str, object]:
    """Context processor: sandbox or not, the version, the languages, and how the agent is started."""
    return {
        "agent_command": SimpleLazyObject(lambda: agent_command(request)),
        "sandbox": settings.SANDBOX,
        "release": VERSION,
        "languages": settings.LANGUAGES,
        "display_time_zone": settings.DISPLAY_TIME_ZONE,
    }
