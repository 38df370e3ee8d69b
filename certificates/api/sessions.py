"""The agent's endpoint for the proof that a certificate logs in."""

from datetime import datetime

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.errors import JobMalformed
from agent.wire.link.sessions import SessionProof
from certificates.api.agent import Body
from certificates.api.jobs import device_of
from certificates.api.tokens import TESTING
from certificates.errors.tokens import ProofMalformed
from certificates.services.signing import agent_jobs
from certificates.services.tokens import login
from organisations.api.devices import ProvenView, fields_of, named_organisations
from organisations.services.devices.proofs import Accepted


class Session(ProvenView):
    """Says where a job's certificate asks for a session, and takes what came of it."""

    asks_nobody = True

    def get(self, request: Request, job_id: str) -> Response:
        """Return the place, null where none is configured for the certificate's environment."""
        return self._answer(request, self._place, job_id=job_id)

    def post(self, request: Request, job_id: str) -> Response:
        """Keep the proof with date and device."""
        return self._answer(request, self._keep, job_id=job_id)

    def _place(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        with named_organisations(device):
            certificate = agent_jobs.certificate_of(agent_jobs.find_job(job_id, device), *TESTING)
        place = login.place_for(certificate)
        return 200, {"place": None if place is None else place.to_json()}

    def _keep(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        try:
            proof = SessionProof.from_json(fields_of(request))
        except JobMalformed:
            raise ProofMalformed from None
        with named_organisations(device):
            certificate = agent_jobs.certificate_of(agent_jobs.find_job(job_id, device), *TESTING)
            kept = login.record_login(certificate, device, proof, now=now)
        return 200, {"passed": kept.passed}
