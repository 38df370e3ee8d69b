"""System checks of what serves: keys, addresses, the proxy in front, files, mail, and the role in the database.

What is true of the settings alone is said by every command. What matters only where somebody is served is registered
for deployment: `manage.py check --deploy` says it, and so do web and workers, which refuse to start (start.py).
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.checks import CheckMessage, Critical, Tags, register
from django.db import connections
from django.http.request import validate_host

from ehportal.operation import roles
from ehportal.operation.catalogues import stale_catalogues
from organisations.sealing import key_id

Configs = Sequence[AppConfig] | None
SECRET_KEY_LENGTH = 50
"""Characters; what Django's own key generator writes."""
INDEX_KEY_LENGTH = 32
"""Characters: 128 bits and more, also where somebody wrote it in hexadecimal."""
NEW_FERNET_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


@register
def keys_are_keys(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Keys have the form and length that their use asks for, and none is used for two things."""
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < SECRET_KEY_LENGTH or len(set(settings.SECRET_KEY)) < 10:
        found.append(
            Critical(
                f"SECRET_KEY must have at least {SECRET_KEY_LENGTH} random characters.", id="ehportal.E020"
            )
        )
    if not settings.SSIN_KEYS or not all(_is_fernet(key) for key in settings.SSIN_KEYS):
        found.append(
            Critical(
                "SSIN_KEYS must be one or more Fernet keys (44 characters of URL-safe base64), the writing one first.",
                hint=f"Make one with: {NEW_FERNET_KEY}",
                id="ehportal.E021",
            )
        )
    indexing = settings.SSIN_INDEX_KEYS
    if not indexing or any(len(key) < INDEX_KEY_LENGTH or len(set(key)) < 10 for key in indexing):
        found.append(
            Critical(
                f"SSIN_INDEX_KEY, and each of SSIN_INDEX_KEYS, must have at least {INDEX_KEY_LENGTH} random "
                "characters: national numbers are few, and who guesses the key can try them all.",
                id="ehportal.E022",
            )
        )
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *indexing, *settings.SSIN_KEYS]
    if len({key_id(key) for key in keys}) < len(keys):
        found.append(
            Critical(
                "SECRET_KEY, each of SECRET_KEY_FALLBACKS, SSIN_INDEX_KEYS and SSIN_KEYS must differ.",
                id="ehportal.E023",
            )
        )
    return found


@register(deploy=True)
def own_host_is_allowed(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """ALLOWED_HOSTS lets in the host of ORIGIN, and not any host whatever."""
    try:
        host = urlsplit(settings.ORIGIN).hostname or ""
    except ValueError:
        return []  # ORIGIN itself is said to be wrong by its own check
    if "*" in settings.ALLOWED_HOSTS or "." in settings.ALLOWED_HOSTS:
        return [Critical("ALLOWED_HOSTS must name hosts; it allows any.", id="ehportal.E024")]
    if not validate_host(host, settings.ALLOWED_HOSTS):
        return [
            Critical(
                f"ALLOWED_HOSTS does not hold {host}, the host of ORIGIN: every page would be refused.",
                id="ehportal.E024",
            )
        ]
    return []


@register(deploy=True)
def proxy_is_known(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Https means a proxy in front, and the proxy must be known: whom it speaks for, and that it came over TLS."""
    if settings.SECURE and not settings.BEHIND_PROXY:
        return [
            Critical(
                "ORIGIN is https, and this server speaks http: a proxy with TLS stands before it. Set BEHIND_PROXY=1; "
                "without it every page is redirected to itself, and everybody has the proxy's address.",
                id="ehportal.E025",
            )
        ]
    if not settings.SECURE and not settings.SANDBOX:
        return [
            Critical(
                "ORIGIN must be https where the government's services are real: cookies would go over plain http.",
                id="ehportal.E026",
            )
        ]
    return []


@register(deploy=True)
def web_role_serves(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """DATABASE_URL signs in as the web role; the owner is bound by nothing."""
    role = settings.DATABASES["default"]["USER"]
    if role == settings.DATABASE_WEB_ROLE:
        return []
    return [
        Critical(
            f"DATABASE_URL signs in as {role or 'nobody named'}, and pages and workers must use "
            f"{settings.DATABASE_WEB_ROLE} (DATABASE_WEB_ROLE): row-level security binds no owner.",
            id="ehportal.E027",
        )
    ]


@register(deploy=True)
def files_are_prepared(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Static files are collected and texts compiled: without them pages fail or are half in English."""
    found: list[CheckMessage] = []
    if isinstance(staticfiles_storage, ManifestFilesMixin):
        manifest = Path(settings.STATIC_ROOT) / staticfiles_storage.manifest_name
        if not staticfiles_storage.hashed_files:
            found.append(
                Critical(
                    f"There are no static files ({manifest} is missing, empty or cannot be read).",
                    hint="Run: manage.py prepare",
                    id="ehportal.E028",
                )
            )
    stale = [path.parts[-3] for path in stale_catalogues()]
    if stale:
        found.append(
            Critical(
                f"The texts in {', '.join(stale)} are not compiled, or older than their source.",
                hint="Run: manage.py prepare",
                id="ehportal.E029",
            )
        )
    return found


@register(deploy=True)
def mail_leaves(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Letters go to people, not into a folder, where the government's services are real."""
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend") and not settings.SANDBOX:
        return [
            Critical(
                "MAIL_URL names a folder: nobody would get an invitation or a warning.", id="ehportal.E030"
            )
        ]
    return []


@register(deploy=True)
def broker_is_redis(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """REDIS_URL is an address of a Redis."""
    if urlsplit(settings.REDIS_URL).scheme in {"redis", "rediss", "unix", "redis+socket"}:
        return []
    return [Critical("REDIS_URL must be redis://host:port/number (or rediss://).", id="ehportal.E031")]


@register(Tags.database)
def web_role_is_bound(
    app_configs: Configs, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """The web role cannot step around row-level security, and may use what there is."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        connection = cursor.connection
        role = settings.DATABASE_WEB_ROLE
        said = roles.dangers(connection, role)
        found: list[CheckMessage] = [Critical(one, id="ehportal.E032") for one in said]
        bare = roles.unprotected_tables(connection)
        if bare:
            found.append(
                Critical(f"Row-level security is off on {', '.join(bare)}.", id="ehportal.E033"),
            )
        closed = [] if said else roles.tables_without_grants(connection, role)
    if closed:
        found.append(
            Critical(
                f"The role {role} may not use {len(closed)} tables, such as {closed[0]}.",
                hint="Run: manage.py prepare",
                id="ehportal.E034",
            )
        )
    return found
