#!/usr/bin/env python3
"""Django's command line for ehportal."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings._setup()  # what is missing is said in a sentence, whatever the command
    except ImproperlyConfigured as missing:
        sys.exit(f"{missing}")
    execute_from_command_line(sys.argv)
