"""Sign-ins: how many came in, and how many passwords were refused."""

from allauth.account.signals import user_logged_in
from django.contrib.auth.signals import user_login_failed
from prometheus_client import Counter

from ehportal.metrics.registry import KEPT

SIGN_INS = Counter("ehportal_sign_ins", "Sign-ins, by outcome.", ["outcome"], registry=KEPT)


def count_in(**_: object) -> None:
    """Count who came in, with every step that was asked."""
    SIGN_INS.labels("in").inc()


def count_refused(**_: object) -> None:
    """Count an address and password that do not belong together."""
    SIGN_INS.labels("refused").inc()


user_logged_in.connect(count_in, dispatch_uid="ehportal.metrics.in")
user_login_failed.connect(count_refused, dispatch_uid="ehportal.metrics.refused")
