"""Addresses of webhooks, under /organisation/webhooks/."""

from django.urls import path

from organisations.web.webhooks import deeds, pages

urlpatterns = [
    path("", pages.webhooks, name="webhooks"),
    path("new/", pages.webhook_new, name="webhook-new"),
    path("<uuid:webhook_id>/", pages.webhook, name="webhook"),
    path("<uuid:webhook_id>/change/", pages.webhook_change, name="webhook-change"),
    path("<uuid:webhook_id>/try/", deeds.webhook_try, name="webhook-try"),
    path("<uuid:webhook_id>/secret/", deeds.webhook_rotate, name="webhook-rotate"),
    path("<uuid:webhook_id>/stop/", deeds.webhook_stop, name="webhook-stop"),
    path("<uuid:webhook_id>/resume/", deeds.webhook_resume, name="webhook-resume"),
    path("<uuid:webhook_id>/end/", deeds.webhook_end, name="webhook-end"),
    path("<uuid:webhook_id>/again/", deeds.deliveries_again, name="deliveries-again"),
    path("<uuid:webhook_id>/again/<uuid:delivery_id>/", deeds.delivery_again, name="delivery-again"),
]
