"""The one server this agent knows: HTTPS, device proofs, bounded answers, retries of the same bytes."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from agent.config import Config
from agent.errors import PortalError
from agent.exchange import Answer, exchange
from agent.portal.answers import (
    DepotToken,
    Enrolled,
    Hello,
    JobSummary,
    Json,
    MadeToken,
    Outcome,
    bytes_of,
    depot_token_of,
    enrolled_of,
    hello_of,
    nonce_of,
    read_outcome,
    summary_of,
    text_of,
    token_of,
    unexpected,
)
from agent.wire import protocol
from agent.wire.encoding import to_base64
from agent.wire.errors import JobMalformed
from agent.wire.jobs import JOB_ID, KNOWS_HEADER, CertificateJob, Job, read_job
from agent.wire.limits import MAX_JOB_BYTES, PROOF_WINDOW_SECONDS
from agent.wire.link.checking import CARD_CHECKS, ERRANDS, CardBeingChecked, GovernmentBeingAsked, NotYet
from agent.wire.link.installations import InstallationReport, InstallationsMatched
from agent.wire.link.organisations import Agreement, AskingOrganisation, Organisations
from agent.wire.link.proofs import HEADER, make_proof
from agent.wire.link.sessions import SessionPlace, SessionProof
from agent.wire.strict_json import load_object

TIMEOUT: Final = (5.0, 30.0)
"""Seconds to connect, and for each read."""
EXCHANGE_SECONDS: Final = 60.0
"""For one call and its whole answer."""
CARD_CHECK_SECONDS: Final = 90.0
"""For the server's asking whether a card was revoked; it gives up by itself well before."""
ERRAND_SECONDS: Final = 150.0
"""For the server's asking the government; it gives up by itself well before."""
MOST_PAUSE: Final = 2.0
"""Seconds between two looks whether that has ended."""
RETRY_PAUSES: Final = (0.5, 2.0, 5.0)
_RETRIED_STATUSES = (502, 503, 504)


class Portal:
    """Calls to the pinned origin, each with a proof by the device key."""

    def __init__(self, config: Config, origin: str, key: ec.EllipticCurvePrivateKey, language: str) -> None:
        self.origin = origin
        self._key = key
        self._session = requests.Session()
        # No .netrc, no CA bundle from the environment; only its proxies, which hospitals need.
        self._session.trust_env = False
        self._session.proxies = requests.utils.get_environ_proxies(origin, None)
        self._session.verify = str(config.ca_file) if config.ca_file else True
        self._session.headers.update({"Accept": "application/json", "Accept-Language": language})
        self._session.headers[protocol.PROTOCOL_HEADER] = str(protocol.NEWEST)
        self._session.headers[KNOWS_HEADER] = ",".join(
            sorted(CertificateJob.optional | InstallationsMatched.optional | {CARD_CHECKS, ERRANDS})
        )

    def hello(self) -> Hello:
        """Ask who is there and what time it is; no proof needed."""
        return hello_of(self._call("GET", "/agent/v1/hello", prove=False), now=datetime.now(UTC))

    def start_enrolment(self) -> tuple[str, bytes]:
        """Ask for an enrolment; returns its id and its nonce, good for five minutes and once."""
        answer = self._call("POST", "/agent/v1/enrolments", {}, with_key=True)
        return text_of(answer, "enrolment_id"), nonce_of(answer)

    def finish_enrolment(
        self, identifier: str, *, signature: bytes, algorithm: str, chain: tuple[bytes, ...], label: str
    ) -> Enrolled:
        """Hand in the card's signature; from then on the server knows whose device this is."""
        body: Json = {
            "signature": to_base64(signature),
            "algorithm": algorithm,
            "certificates": [to_base64(certificate) for certificate in chain],
            "device_label": label,
        }
        path = f"/agent/v1/enrolments/{quote(identifier, safe='')}"
        return enrolled_of(self._call_with_card(path, body, with_key=True))

    def device(self) -> Enrolled:
        """Ask what the server knows of this device."""
        return enrolled_of(self._call("GET", "/agent/v1/device"))

    def organisations(self) -> Organisations:
        """For whom this device works, and who waits for its holder's word; nobody at a server that does not ask."""
        try:
            answer = self._call("GET", "/agent/v1/organisations")
        except PortalError as error:
            if error.code == "not_found":
                return Organisations((), ())
            raise
        try:
            return Organisations.from_json(answer)
        except JobMalformed:
            unexpected()

    def agree(self, organisation: AskingOrganisation) -> None:
        """Hand in the holder's yes to an organisation as it was shown; the proof signs it. Safe to repeat."""
        path = f"/agent/v1/organisations/{quote(organisation.id, safe='')}/agree"
        self._send("POST", path, Agreement(organisation).to_bytes())

    def end_agreement(self, organisation: AskingOrganisation) -> None:
        """Take the holder's word back."""
        self._call("POST", f"/agent/v1/organisations/{quote(organisation.id, safe='')}/end", {})

    def jobs(self) -> tuple[JobSummary, ...]:
        """List the jobs that wait for this device's holder."""
        jobs = self._call("GET", "/agent/v1/jobs").get("jobs")
        if not isinstance(jobs, list):
            unexpected()
        return tuple(summary_of(job) for job in jobs)

    def job(self, job_id: str) -> Job:
        """Fetch one job of whatever kind, read strictly. Raises PortalError job_unknown, job_closed, job_malformed."""
        data = self._send("GET", self._job_path(job_id), b"")
        try:
            job = read_job(data)
        except JobMalformed:
            raise PortalError("job_malformed") from None
        if job.id != job_id:
            raise PortalError("job_malformed")
        return job

    def submit(self, job_id: str, signed_request: bytes) -> str:
        """Hand in the signed request; returns the PublicKeyIdentifier read in it. Safe to repeat."""
        body: Json = {"request": to_base64(signed_request)}
        return text_of(
            self._call_with_card(f"{self._job_path(job_id)}/signed-request", body), "public_key_identifier"
        )

    def decline(self, job_id: str, reason: str) -> None:
        """Refuse a job for good, so that whoever asked gets to know."""
        self._call("POST", f"{self._job_path(job_id)}/decline", {"reason": reason})

    def records(self, job_id: str, qualities: bytes, certificates: bytes) -> int:
        """Hand in both signed questions; returns how many proposals came of the answers. Safe to repeat."""
        body: Json = {"qualities": to_base64(qualities), "certificates": to_base64(certificates)}
        proposals = self._call_with_card(f"{self._job_path(job_id)}/records", body).get("proposals")
        if not isinstance(proposals, int):
            unexpected()
        return proposals

    def outcome(self, job_id: str) -> Outcome:
        """Ask where a job stands."""
        return read_outcome(self._call("GET", f"{self._job_path(job_id)}/outcome"))

    def stored(self, job_id: str, fingerprint: str, store_format: str) -> None:
        """Acknowledge that the key store is safe on disk. Safe to repeat."""
        body: Json = {"fingerprint": fingerprint, "format": store_format}
        if self._call("POST", f"{self._job_path(job_id)}/stored", body).get("state") != "completed":
            unexpected()

    def start_token(self, job_id: str, signed_request: bytes) -> bytes:
        """Offer the encryption key; returns the challenge. Safe to repeat: each time another challenge comes."""
        body: Json = {"request": to_base64(signed_request)}
        return bytes_of(self._call("POST", f"{self._job_path(job_id)}/token/start", body), "challenge")

    def complete_token(self, job_id: str, signed_request: bytes) -> MadeToken:
        """Hand in the encryption key's certificate; the same certificate gets the same token again."""
        body: Json = {"request": to_base64(signed_request)}
        return token_of(self._call("POST", f"{self._job_path(job_id)}/token/complete", body))

    def token_stored(self, job_id: str, serial: int) -> None:
        """Acknowledge that the key store holds the token's key. Safe to repeat."""
        self._call("POST", f"{self._job_path(job_id)}/token/stored", {"serial": str(serial)})

    def activate_token(self, job_id: str, signed_request: bytes) -> None:
        """Have the depot hand out this token from now on. Safe to repeat."""
        body: Json = {"request": to_base64(signed_request)}
        self._call("POST", f"{self._job_path(job_id)}/token/activate", body)

    def depot_token(self, job_id: str) -> DepotToken:
        """Fetch what the depot hands out for the certificate of this job."""
        return depot_token_of(self._call("GET", f"{self._job_path(job_id)}/token/depot"))

    def own_record(self, job_id: str, signed_request: bytes) -> str:
        """Have the government asked what it keeps of the certificate; returns its status there. Safe to repeat."""
        body: Json = {"request": to_base64(signed_request)}
        return text_of(self._call("POST", f"{self._job_path(job_id)}/own-record", body), "status")

    def token_proof(self, job_id: str, finding: str, serial: str) -> None:
        """Report what the self test found."""
        body: Json = {"finding": finding, "serial": serial}
        self._call("POST", f"{self._job_path(job_id)}/token/proof", body)

    def session_place(self, job_id: str) -> SessionPlace | None:
        """Ask where the job's certificate may ask for a session; None where this server names no place."""
        try:
            place = self._call("GET", f"{self._job_path(job_id)}/session").get("place")
        except PortalError as error:
            if error.code == "not_found":
                return None
            raise
        try:
            return None if place is None else SessionPlace.from_json(place)
        except JobMalformed:
            unexpected()

    def session_proof(self, job_id: str, proof: SessionProof) -> None:
        """Report whether the job's certificate logs in. Safe to repeat."""
        self._call("POST", f"{self._job_path(job_id)}/session", proof.to_json())

    def ask_for_check(self, fingerprint: str) -> str:
        """Have a self test offered for the certificate with this fingerprint; returns the job's id."""
        return text_of(self._call("POST", "/agent/v1/checks", {"fingerprint": fingerprint}), "job_id")

    def ask_for_token(self, fingerprint: str) -> str:
        """Have the making of a token offered for the certificate with this fingerprint; returns the job's id."""
        return text_of(self._call("POST", "/agent/v1/tokens", {"fingerprint": fingerprint}), "job_id")

    def report_installations(self, report: InstallationReport) -> InstallationsMatched:
        """Report which key stores are on this machine; public facts only. Safe to repeat."""
        answer = self._call("POST", "/agent/v1/installations", report.to_json())
        try:
            return InstallationsMatched.from_json(answer)
        except JobMalformed:
            unexpected()

    @staticmethod
    def _job_path(job_id: str) -> str:
        if not JOB_ID.match(job_id):
            raise PortalError("job_unknown")
        return f"/agent/v1/jobs/{job_id}"

    def _call(
        self, method: str, path: str, body: Json | None = None, *, prove: bool = True, with_key: bool = False
    ) -> Json:
        """Make a call, and the same again while the server has the government asked for it.

        Raises PortalError government_unavailable when no end of that comes.
        """
        data = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()

        def call() -> Json:
            try:
                return load_object(self._send(method, path, data, prove=prove, with_key=with_key))
            except JobMalformed:
                unexpected()

        return _until_ready(call, GovernmentBeingAsked, ERRAND_SECONDS, "government_unavailable")

    def _call_with_card(self, path: str, body: Json, *, with_key: bool = False) -> Json:
        """Hand in what a card signed, again and again while the server has the card checked.

        Raises PortalError card_status_unknown when no end of it comes.
        """

        def call() -> Json:
            return self._call("POST", path, body, with_key=with_key)

        return _until_ready(call, CardBeingChecked, CARD_CHECK_SECONDS, "card_status_unknown")

    def _send(
        self, method: str, path: str, body: bytes, *, prove: bool = True, with_key: bool = False
    ) -> bytes:
        """Send, and on a failing line send again. A repeated POST is byte-identical, proof included, so that
        the server can answer from what it stored; a GET gets a fresh proof, for it changes nothing. A repeated
        POST that the server calls replayed has no stored answer: it is still at the first call, or broke off in
        it. Then a fresh proof goes with the same bytes, which are safe to send again.
        """
        url = self.origin + path
        headers: dict[str, str] = {"Content-Type": "application/json"} if body else {}
        made, sent_before = 0.0, False
        for pause in (*RETRY_PAUSES, None):
            aged = time.monotonic() - made > PROOF_WINDOW_SECONDS / 2
            if prove and (method == "GET" or aged or not made):
                made, now = time.monotonic(), datetime.now(UTC)
                headers[HEADER] = make_proof(
                    self._key, method=method, url=url, body=body, now=now, with_key=with_key
                )
            try:
                answer = self._exchange(method, url, headers, body)
                status = answer.status
                if sent_before and pause is not None and _is_replayed(answer):
                    made = 0.0
                    status = HTTPStatus.SERVICE_UNAVAILABLE
            except requests.exceptions.SSLError:
                raise PortalError("server_tls", server=self.origin) from None
            except requests.exceptions.RequestException:
                if pause is None:
                    raise PortalError("server_unreachable", server=self.origin) from None
            else:
                if status not in _RETRIED_STATUSES or pause is None or _is_told(answer):
                    return _judged(self.origin, answer)
            sent_before = True
            time.sleep(pause)
        raise PortalError("server_unreachable", server=self.origin)

    def _exchange(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        send = partial(self._session.request, method, url, headers=headers, data=body or None)
        send = partial(send, timeout=TIMEOUT, allow_redirects=False, stream=True)
        answer = exchange(send, limit=MAX_JOB_BYTES, seconds=EXCHANGE_SECONDS)
        if len(answer.body) > MAX_JOB_BYTES:
            unexpected()
        return answer


def _is_replayed(answer: Answer) -> bool:
    return answer.status == HTTPStatus.UNAUTHORIZED and _code_of(answer) == "proof_replayed"


def _until_ready(call: Callable[[], Json], waiting: type[NotYet], seconds: float, otherwise: str) -> Json:
    """Make `call` until its answer is not `waiting` any more; longer pauses each time.

    Raises PortalError `otherwise` after `seconds`.
    """
    until, rounds = time.monotonic() + seconds, 0
    while True:
        answer = call()
        try:
            not_yet = waiting.from_json(answer)
        except JobMalformed:
            unexpected()
        if not_yet is None:
            return answer
        rounds += 1
        pause = min(not_yet.poll_after_milliseconds * rounds / 1000, MOST_PAUSE)
        if time.monotonic() + pause > until:
            raise PortalError(otherwise)
        time.sleep(pause)


def _is_told(answer: Answer) -> bool:
    """True for what will not be otherwise in a few seconds: the server has waited for it already."""
    return _code_of(answer) == "card_status_unknown"


def _code_of(answer: Answer) -> object:
    try:
        return load_object(answer.body).get("code")
    except JobMalformed:
        return None


def _understand(origin: str, answer: Answer) -> None:
    """Raise PortalError server_too_old for a server whose protocol is not understood any more."""
    speaks = protocol.spoken(answer.headers.get(protocol.PROTOCOL_HEADER))
    if speaks is None:
        unexpected()
    if speaks < protocol.OLDEST_SERVER:
        raise PortalError("server_too_old", server=origin)


def _judged(origin: str, answer: Answer) -> bytes:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("application/json", "application/problem+json"):
        _understand(origin, answer)
    if 200 <= answer.status < 300 and kind == "application/json":
        return answer.body
    if kind != "application/problem+json":
        if answer.status >= 500:
            raise PortalError("server_unreachable", server=origin)
        unexpected()
    try:
        problem = load_object(answer.body)
    except JobMalformed:
        unexpected()
    code = str(problem.get("code", ""))
    values = {}
    if code == "proof_stale":
        values["minutes"] = _minutes_off(problem.get("server_time"), answer.headers)
    raise PortalError(
        code or "unknown",
        status=answer.status,
        title=str(problem.get("title", "")),
        detail=str(problem.get("detail", "")),
        **values,
    )


def _minutes_off(server_time: object, headers: Mapping[str, str]) -> str:
    try:
        if isinstance(server_time, int | float):
            moment = datetime.fromtimestamp(server_time, UTC)
        elif isinstance(server_time, str):
            moment = datetime.fromisoformat(server_time)
        else:
            moment = parsedate_to_datetime(headers.get("Date", ""))
        return str(round(abs((moment - datetime.now(UTC)).total_seconds()) / 60) or 1)
    except (ValueError, TypeError, OverflowError, OSError):
        return "?"
