"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
application = get_wsgi_application()

from ehportal.operation.start import refuse_unless_safe  # noqa: E402  # it needs Django set up

refuse_unless_safe("web")
