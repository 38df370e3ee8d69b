"""The agent's addresses."""

from django.urls import path

from certificates.api import agent, installations, jobs, organisations, records, sessions, tokens

urlpatterns = [
    path("hello", agent.Hello.as_view(), name="agent-hello"),
    path("enrolments", agent.StartEnrolment.as_view(), name="agent-start-enrolment"),
    path("enrolments/<str:enrolment_id>", agent.FinishEnrolment.as_view(), name="agent-finish-enrolment"),
    path("device", agent.ThisDevice.as_view(), name="agent-device"),
    path("organisations", organisations.Organisations.as_view(), name="agent-organisations"),
    path("organisations/<uuid:organisation_id>/agree", organisations.Agree.as_view(), name="agent-agree"),
    path(
        "organisations/<uuid:organisation_id>/end",
        organisations.End.as_view(),
        name="agent-end-agreement",
    ),
    path("installations", installations.Installations.as_view(), name="agent-installations"),
    path("jobs", jobs.Jobs.as_view(), name="agent-jobs"),
    path("jobs/<str:job_id>", jobs.Job.as_view(), name="agent-job"),
    path("jobs/<str:job_id>/signed-request", jobs.SignedRequest.as_view(), name="agent-signed-request"),
    path("jobs/<str:job_id>/decline", jobs.Decline.as_view(), name="agent-decline"),
    path("jobs/<str:job_id>/outcome", jobs.Outcome.as_view(), name="agent-outcome"),
    path("jobs/<str:job_id>/stored", jobs.Stored.as_view(), name="agent-stored"),
    path("jobs/<str:job_id>/records", records.Records.as_view(), name="agent-records"),
    path("jobs/<str:job_id>/own-record", tokens.OwnRecord.as_view(), name="agent-own-record"),
    path("checks", tokens.Checks.as_view(), name="agent-checks"),
    path("tokens", tokens.Tokens.as_view(), name="agent-tokens"),
    path("jobs/<str:job_id>/token/start", tokens.StartToken.as_view(), name="agent-token-start"),
    path("jobs/<str:job_id>/token/complete", tokens.CompleteToken.as_view(), name="agent-token-complete"),
    path("jobs/<str:job_id>/token/stored", tokens.TokenStored.as_view(), name="agent-token-stored"),
    path("jobs/<str:job_id>/token/activate", tokens.ActivateToken.as_view(), name="agent-token-activate"),
    path("jobs/<str:job_id>/token/depot", tokens.DepotToken.as_view(), name="agent-token-depot"),
    path("jobs/<str:job_id>/session", sessions.Session.as_view(), name="agent-session"),
    path("jobs/<str:job_id>/token/proof", tokens.TokenProof.as_view(), name="agent-token-proof"),
]
