"""A visitor who notes everything that a page does wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Request

from tests.support.effort import PATIENCE

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_OFF = """[...document.querySelectorAll('.table-frame')].filter(e => e.scrollWidth > e.clientWidth)
    .map(e => e.querySelector('th').textContent.trim() + ': ' + (e.scrollWidth - e.clientWidth))"""
"""Tables with columns that are seen only after scrolling sideways, and by how many pixels."""
MORE_FIELDS = """count => {
    const form = document.querySelector('main form');
    form.enctype = 'application/x-www-form-urlencoded';
    for (let i = 0; i < count; i++) {
        const box = document.createElement('input');
        box.type = 'hidden'; box.name = `take-${i}`; box.value = 'on';
        form.append(box);
    }
    HTMLFormElement.prototype.submit.call(form);
}"""
"""Sends the form of the page with so many lines ticked."""


@contextmanager
def visit(
    browser: Browser,
    origin: str,
    *,
    session: str = "",
    width: int = 1280,
    height: int = 860,
    dark: bool = False,
) -> Iterator[tuple[Page, list[str]]]:
    """Open a window of this size, signed in with `session`; gives the page and the list of its complaints."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale="en-GB"
    )
    if session:
        context.add_cookies([{"name": "ehportal_session", "value": session, "url": origin}])
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    complaints: list[str] = []

    def heard(message: object) -> None:
        text = str(getattr(message, "text", message))
        # The browser itself reports every answer of 4xx; which status a page has is another test's business.
        if getattr(message, "type", "") in {"error", "warning"} and "Failed to load resource" not in text:
            complaints.append(text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def failed(request: Request) -> None:
        # What a page still loads when one leaves it is aborted: nothing failed.
        if "/status" not in request.url and "ERR_ABORTED" not in (request.failure or ""):
            complaints.append(f"failed: {request.url}")

    page.on("requestfailed", failed)
    try:
        yield page, complaints
    finally:
        context.close()
