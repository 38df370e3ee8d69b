"""The one settings file. Everything that differs between installations comes from the environment (env.py)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from certificates.domain.trusted import TRUSTED_STATUSES
from ehportal import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS", "")
"""Former keys: sessions and links that they signed still count."""
DEBUG = False
ORIGIN = env.text("ORIGIN").rstrip("/")
"""Where people and agents reach this server: scheme, host and port, nothing else."""
SECURE = ORIGIN.startswith("https://")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", env.host_of(ORIGIN))
CSRF_TRUSTED_ORIGINS = [ORIGIN]
BEHIND_PROXY = env.flag("BEHIND_PROXY")
"""One proxy stands in front, ends TLS, and writes X-Forwarded-For and X-Forwarded-Proto (operation/proxy.py)."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "organisations",
    "certificates",
    "ehportal",
]

MIDDLEWARE = [
    "ehportal.operation.health.HealthMiddleware",  # before whatever asks for a host, https or a session
    "ehportal.pages.asking.NobodyCallsOutMiddleware",
    "ehportal.metrics.pages.CountRequestsMiddleware",
    "ehportal.operation.proxy.PersonsAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ehportal.logs.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "organisations.web.accounts.kept.NeverKeptMiddleware",
    "organisations.web.language.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "organisations.web.tenancy.SecondFactorMiddleware",
    "ehportal.pages.refusals.TextsWithoutNulMiddleware",  # before the next one, which calls the view
    "organisations.web.tenancy.TenancyMiddleware",
]

ROOT_URLCONF = "ehportal.urls"
WSGI_APPLICATION = "ehportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "ehportal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "organisations.web.tenancy.tenancy",
                "ehportal.pages.shell.installation",
            ],
            "builtins": [
                "django_htmx.templatetags.django_htmx",
                "ehportal.pages.ends",
                "ehportal.pages.typed",
            ],
        },
    }
]

AGENT_COMMAND = env.text("AGENT_COMMAND", "ehportal-agent")
"""What is typed in a terminal to start the agent, as it is installed on the workstations."""
AGENT_COMMANDS = env.mapping("AGENT_COMMANDS")
"""The same by e-mail address, for accounts whose workstation has another one; JSON. The demo's have."""

DATABASES = {"default": env.database(env.text("DATABASE_URL"))}
DATABASE_WEB_ROLE = env.text("DATABASE_WEB_ROLE", "ehportal_web")
"""The role that pages and workers use: it owns nothing and row-level security binds it."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "ehportal.sign_in_cache.SignInCache", "LOCATION": "ehportal_cache"}
}
"""The sign-in's own: limits and used TOTP codes, shared by all processes and kept when Redis is lost. allauth uses the
default one; whatever else is ever to be cached gets a cache of another name and place (checked in checks.py)."""

REDIS_URL = env.text("REDIS_URL")
CACHES["calls"] = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
    "KEY_PREFIX": "calls",
    "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
}
"""How often connections call, and how that ended. Where Redis is lost nobody is counted, and nobody refused."""
API_CALLS_A_MINUTE = env.number("API_CALLS_A_MINUTE", 600)
"""Of one connection; what is above it is refused and told when to come again."""
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
"""However long Redis is away: a worker waits for it and goes on."""
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    # A page that nudges a worker must not wait for a Redis that is gone: one attempt, then the sweep finds the row.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 2,
    # One that hangs is as good as gone; longer than a worker's own waiting for the next message.
    "socket_timeout": 5,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# Sign-in: password and TOTP. Passkeys, OIDC and the eID come through allauth's other doors.
AUTH_USER_MODEL = "organisations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "organisations.web.accounts.adapter.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "reset_password": "organisations.web.accounts.forms.AskByMail",
    "reset_password_from_key": "organisations.web.accounts.forms.ChooseByMail",
}
ACCOUNT_RATE_LIMITS = {
    # A hospital signs in from one address: what colleagues mistype must not keep out who types it right. The key is
    # an account at one address, so nobody elsewhere locks an account out (organisations/web/accounts/adapter.py).
    "login": "300/m/ip",
    "login_failed": "200/10m/ip,5/5m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 0
"""Whose request it is stands in REMOTE_ADDR, also behind a proxy: operation/proxy.py puts it there."""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "organisations.web.accounts.adapter.SealedSecrets"
MFA_FORMS = {
    "activate_totp": "organisations.web.accounts.forms.SetUpSecondStep",
    "authenticate": "organisations.web.accounts.forms.SecondStep",
    "reauthenticate": "organisations.web.accounts.forms.SecondStepAgain",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "ehportal"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())

# Mail: the one way to a first password, and back to a forgotten one.
_mail = env.mail(env.text("MAIL_URL"))
EMAIL_BACKEND = _mail.backend
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.tls
EMAIL_FILE_PATH = _mail.folder
EMAIL_TIMEOUT = 10
"""Seconds for each silence of the mail server, and for connecting to it."""
MAIL_DEADLINE = env.number("MAIL_DEADLINE", 30)
"""Seconds for handing over one letter, from connecting to the server's word."""
MAILBOX_DEADLINE = env.number("MAILBOX_DEADLINE", 120)
"""Seconds for one look into the mailbox to which mail comes back."""
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM")
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Where mail comes back that a server took and could not deliver: bounces@… (letters leave as bounces+TOKEN@…), read by
# IMAP, or handed to /mail/returned/ by the mail server with the secret.
BOUNCE_ADDRESS = env.text("BOUNCE_ADDRESS", "")
BOUNCE_IMAP_URL = env.mailbox(env.text("BOUNCE_IMAP_URL", ""))
BOUNCE_HOOK_SECRET = env.text("BOUNCE_HOOK_SECRET", "")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "ehportal_session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "ehportal_csrf"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("fr", _("French")), ("de", _("German")), ("en", _("English"))]
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "ehportal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DISPLAY_TIME_ZONE = "Europe/Brussels"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["organisations.api.frame.reading.StrictJSON"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "ehportal.problems.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,
    "ENUM_NAME_OVERRIDES": {
        "Environment": "certificates.domain.lifecycle.Environment",
        "RequestState": "certificates.domain.lifecycle.RequestState",
        "RenewalOutcome": "certificates.domain.renewal.RenewalOutcome",
        "Standing": "certificates.domain.validity.Standing",
        "RevocationStatus": "certificates.domain.validity.RevocationStatus",
        "MandateState": "organisations.domain.mandates.MandateState",
        "Happening": "certificates.domain.watch.notices.Happening",
        "Fate": "certificates.services.notices.ahead.Fate",
    },
}

# The national number: encrypted with the first key, read with any of them; looked up by a keyed hash.
SSIN_KEYS = env.items("SSIN_KEYS")
# docs/keys.md says how each is replaced.
SSIN_INDEX_KEYS = env.ring("SSIN_INDEX_KEYS", "SSIN_INDEX_KEY")
"""The first one writes; SSIN_INDEX_KEY, where it is given too, is the last."""
LOST_KEYS = env.items("LOST_KEYS", "")
"""Ids of keys that are gone for good: what they seal shows itself as unreadable, and keeps nobody from starting."""

# The government's services, one set an environment. They never share an anchor or an address.
SANDBOX = env.flag("SANDBOX")
"""True where the government's services are our sandbox: every page says so, and real addresses are refused."""
CERTRA_ENDPOINTS = {
    "production": env.text("CERTRA_PRODUCTION_URL"),
    "acceptance": env.text("CERTRA_ACCEPTANCE_URL"),
}
CERTRA_ANCHORS = {
    "production": env.items("CERTRA_PRODUCTION_ANCHORS"),
    "acceptance": env.items("CERTRA_ACCEPTANCE_ANCHORS"),
}
"""PEM files with the roots (and known intermediates) of eHealth certificates, per environment."""
STS_ENDPOINTS = {
    "production": env.text("STS_PRODUCTION_URL", ""),
    "acceptance": env.text("STS_ACCEPTANCE_URL", ""),
}
"""Addresses of the token service, which workstations ask for a session; empty: no login is tried."""
OCSP_ENDPOINTS = {
    "production": env.text("OCSP_PRODUCTION_URL", ""),
    "acceptance": env.text("OCSP_ACCEPTANCE_URL", ""),
}
"""Addresses of the authorities' OCSP responders, asked now and then whether they are there; empty: they are not."""
IAM_SIGNERS = {
    "production": env.items("IAM_PRODUCTION_SIGNERS", ""),
    "acceptance": env.items("IAM_ACCEPTANCE_SIGNERS", ""),
}
"""PEM files with the platform's I.AM certificates that may sign a session; two while one follows the other."""
TSL_ADDRESSES = {
    "production": env.text("TSL_PRODUCTION_URL", "").rstrip("/"),
    "acceptance": env.text("TSL_ACCEPTANCE_URL", "").rstrip("/"),
}
"""Where the platform publishes its trusted lists (`tsl-ehpbe-….xml` below it); empty: none are watched."""
TSL_OPERATORS = {
    "production": env.items("TSL_PRODUCTION_OPERATORS", ""),
    "acceptance": env.items("TSL_ACCEPTANCE_OPERATORS", ""),
}
"""PEM files with the certificates of the lists' operators, obtained and checked by another way than the lists."""
TSL_TRUSTED_STATUSES = env.items("TSL_TRUSTED_STATUSES", ",".join(TRUSTED_STATUSES))
"""With which statuses a service of a list is trusted (ETSI TS 119 612 5.5.4), in their short form."""
TSL_DEADLINE = env.number("TSL_DEADLINE", 25)
"""Seconds for fetching a list or its digest."""
EID_ANCHORS = env.items("EID_ANCHORS")
"""PEM files with the roots under which identity cards are issued."""
CIRCUIT_FAILURES = env.number("CIRCUIT_FAILURES", 3)
"""After how many slow failures in a row a host is not called for a while."""
CIRCUIT_REST = env.number("CIRCUIT_REST", 15)
"""Seconds of the first rest; each failed attempt after it doubles it, five times at most."""
# How long calls may take, in seconds: each bounds the one after it, and checks.py proves it.
CERTRA_CONNECT_TIMEOUT = env.number("CERTRA_CONNECT_TIMEOUT", 5)
"""For finding the host, connecting and TLS."""
CERTRA_READ_TIMEOUT = env.number("CERTRA_READ_TIMEOUT", 30)
"""For each silence of the other side."""
CERTRA_DEADLINE = env.number("CERTRA_DEADLINE", 40)
"""For one whole call: connecting, sending, and reading the answer to its end, however it trickles in."""
REVOCATION_TIMEOUT = env.number("REVOCATION_TIMEOUT", 10)
"""For asking one OCSP responder, or fetching one list."""
STATUS_PRIVATE_HOSTS = [name.lower() for name in env.items("STATUS_PRIVATE_HOSTS", "")]
"""Hosts of OCSP responders and lists that may have an address of a private network; all others may not."""
WEBHOOK_DEADLINE = env.number("WEBHOOK_DEADLINE", 15)
"""For telling a webhook one thing."""
WEBHOOK_PRIVATE_HOSTS = [name.lower() for name in env.items("WEBHOOK_PRIVATE_HOSTS", "")]
"""Hosts at which webhooks may listen in a private network, and in the clear; all others are called by https in the open
internet."""
REVOCATION_DEADLINE = env.number("REVOCATION_DEADLINE", 20)
"""For everything that is asked to judge one certificate with those above it."""
CARD_CHECK_SECONDS = env.number("CARD_CHECK_SECONDS", 15)
"""That a worker gives a card's authority in all, whatever it answers; well below WORK_LEASE."""
WORK_LEASE = env.number("WORK_LEASE", 90)
"""For which a worker has a row to itself; above what the calls of one step may take together."""
CERTRA_SUBMISSION_GRACE = env.number("CERTRA_SUBMISSION_GRACE", 120)
"""After the start of a submission before its outcome is asked for; above one whole call, and above the lease."""
CERTRA_UNKNOWN_REQUEST_CODES = env.items("CERTRA_UNKNOWN_REQUEST_CODES", "CERT_REQUEST_NOT_FOUND")
"""Error codes of GetCertificate that mean: no request with this key was ever registered."""
CERTRA_ALREADY_REGISTERED_CODES = env.items("CERTRA_ALREADY_REGISTERED_CODES", "KEY_ALREADY_REGISTERED")
"""Error codes of GenerateCertificate that mean: this very key was registered before."""
CERTRA_REFUSED_CODES = env.items("CERTRA_REFUSED_CODES", "CERT_REQUEST_REFUSED")
"""Error codes of GetCertificate that mean: the request was examined and refused."""
CERTRA_ALREADY_REVOKED_CODES = env.items("CERTRA_ALREADY_REVOKED_CODES", "CERT_NOT_REVOCABLE[Status=REVOKED]")
"""Answers of GenerateRevocationContract and Revoke that mean: this certificate was revoked before. `CODE`, or with one
parameter `CODE[Name=Value]`."""
ETKRA_ALREADY_ACTIVE_CODES = env.items("ETKRA_ALREADY_ACTIVE_CODES", "ETK_ALREADY_ACTIVE")
"""Error codes of ActivateETK that mean: this token was activated before."""
ETKDEPOT_NOT_FOUND_CODES = env.items("ETKDEPOT_NOT_FOUND_CODES", "ETK_NOT_FOUND")
"""Error codes of the depot that mean: this recipient has no active token."""
CLOCK_TOLERANCE_SECONDS = env.number("CLOCK_TOLERANCE_SECONDS", 5)
"""Seconds by which the clock of a process may differ from the database's; by more, it does not start."""
MIGRATION_LOCK_TIMEOUT = env.number("MIGRATION_LOCK_TIMEOUT", 5)
"""Seconds for which a migration waits for a lock, and everybody else behind it; 0 waits without end."""
CERTRA_POLL_FIRST = env.number("CERTRA_POLL_FIRST", 2)
CERTRA_POLL_LAST = env.number("CERTRA_POLL_LAST", 6 * 3600)
CERTRA_GIVE_UP_DAYS = env.number("CERTRA_GIVE_UP_DAYS", 30)

METRICS_TOKEN = env.text("METRICS_TOKEN", "")
"""What Prometheus shows at /metrics where it does not ask on this machine itself."""

LOGGING_CONFIG = None
logs.configure()
