"""Addresses of the API about certificates, under /api/v1/."""

from django.urls import path

from certificates.api.v1 import certificates, renewals, requests

urlpatterns = [
    path("overview", requests.Overview.as_view(), name="api-overview"),
    path("certificates", certificates.Certificates.as_view(), name="api-certificates"),
    path("certificates/<uuid:certificate_id>", certificates.OneCertificate.as_view(), name="api-certificate"),
    path(
        "certificates/<uuid:certificate_id>/pem",
        certificates.CertificateFile.as_view(),
        name="api-certificate-pem",
    ),
    path(
        "certificates/<uuid:certificate_id>/notices",
        certificates.CertificateNotices.as_view(),
        name="api-certificate-notices",
    ),
    path("requests", requests.Requests.as_view(), name="api-requests"),
    path("renewals", renewals.Renewals.as_view(), name="api-renewals"),
]
