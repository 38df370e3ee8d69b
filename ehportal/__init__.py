"""The composition root: settings, mounts and the page shell. Nothing imports it."""

from ehportal.celery import app as celery_app

__all__ = ["celery_app"]
