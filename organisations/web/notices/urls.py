"""Addresses of notices: pages of members, and links in letters."""

from django.urls import path

from organisations.web.notices import correspondents, letters, told

urlpatterns = [
    path("", told.notices, name="notices"),
    path("<uuid:reminder_id>/answer/", told.notice_answer, name="notice-answer"),
    path("addresses/new/", correspondents.correspondent_new, name="correspondent-new"),
    path(
        "addresses/<uuid:correspondent_id>/end/", correspondents.correspondent_end, name="correspondent-end"
    ),
    path("letter/<str:token>/", letters.answer_notice, name="answer-notice"),
    path("agree/<str:token>/", letters.correspondent_agree, name="correspondent-agree"),
    path("stop/<str:token>/", letters.correspondent_stop, name="correspondent-stop"),
]
