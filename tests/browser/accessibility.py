"""axe-core over the page that a visitor has before them: every rule that it knows, the advisory ones too."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# `target-size` (WCAG 2.2, 2.5.8) is off by default. What cannot be decided by looking at the page is not asked for.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> list[str]:
    """Return one line for each element that a rule of axe objects to."""
    page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(
        "async options => (await axe.run(document, options)).violations", OPTIONS
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {_reasons(node)}"
        for rule in found
        for node in rule["nodes"]
    ]


def _reasons(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return "; ".join(str(check["message"]) for check in checks)[:200]
