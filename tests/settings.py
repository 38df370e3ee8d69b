"""Settings of the tests and of the type checker: the product's own, in a prepared environment."""

from tests import environment

environment.prepare()

from ehportal.settings import *  # noqa: E402, F403  (the environment must be there first; a settings file is its names)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Static files straight from their folders: tests do not collect them.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
