"""Where everything is mounted."""

from django.urls import include, path

from organisations.api.returned_mail import returned_mail
from organisations.web.accounts import closed
from organisations.web.language import choose_language

urlpatterns = [
    path("agent/v1/", include("certificates.api.urls")),
    path("accounts/email/", closed),
    path("accounts/", include("allauth.urls")),
    path("language/", choose_language, name="language"),
    path("mail/returned/", returned_mail, name="returned-mail"),
    path("organisation/", include("organisations.web.urls")),
    path("", include("certificates.web.urls")),
]
