"""The template filter that names the agent's command as it is on the reader's workstation."""

from django import template

register = template.Library()


@register.filter
def typed(sentence: object, command: object) -> str:
    """Put `command` (`agent_command` on every page) where a sentence written in Python has `%(agent)s`."""
    return str(sentence).replace("%(agent)s", str(command))
