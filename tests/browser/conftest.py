"""One site and one Chromium for the tests of a module."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from ehportal.operation.catalogues import compile_catalogues
from tests.browser.site import Site, SiteServer, make_site
from tests.browser.trust import trust_pages
from tests.environment import ROOT
from tests.support.effort import PATIENCE
from tests.support.sandbox import SandboxProcess

compile_catalogues()
expect.set_options(timeout=PATIENCE * 1000)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def site(committing: None, sandbox: SandboxProcess) -> Site:
    """Committed rows of a hospital of its own."""
    made = make_site()
    made.pages |= trust_pages(made.hospital, sandbox)
    return made


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[SiteServer]:
    running = SiteServer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser(server: SiteServer) -> Iterator[Browser]:
    """The Chromium of the system."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go; not kept in git."""
    folder = Path(ROOT) / "test-output" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
