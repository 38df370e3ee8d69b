"""Environment of the tests: everything that settings.py asks for, with keys made for this run only."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent


def prepare() -> None:
    """Fill what the caller has not set. Called before Django's settings are imported."""
    defaults = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ORIGIN": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "DATABASE_URL": "postgresql://ehportal_web@/ehportal?host=/nowhere",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "MAIL_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "ehportal@maasdal.example",
        "SSIN_KEYS": Fernet.generate_key().decode(),
        "SSIN_INDEX_KEY": secrets.token_urlsafe(32),
        "SANDBOX": "1",
        "CERTRA_PRODUCTION_URL": "http://127.0.0.1:1",
        "CERTRA_ACCEPTANCE_URL": "http://127.0.0.1:2",
        "CERTRA_PRODUCTION_ANCHORS": "",
        "CERTRA_ACCEPTANCE_ANCHORS": "",
        "EID_ANCHORS": "",
    }
    for name, value in defaults.items():
        if f"{name}_FILE" not in os.environ:
            os.environ.setdefault(name, value)
