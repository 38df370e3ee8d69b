"""A site to walk through: a hospital with a full inventory, requests in every state, and a server in a thread."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client
from django.urls import reverse

from agent.wire.days import belgian_day
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.revocation import RevocationState
from certificates.domain.tokens import TokenState
from organisations.domain.roles import Role
from organisations.models import Device, Invitation, Membership, User
from organisations.services.identifiers import add_identifier
from organisations.services.invitations import link_of
from organisations.tenancy import acting_for
from tests.browser.hooks import hooks
from tests.browser.shelf import (
    PROBLEM,
    endings,
    fill_shelf,
    holder_of,
    key_store_lost,
    papers_and_foreigners,
    renewed,
)
from tests.browser.told import told
from tests.certificates.probes.months import half_a_year
from tests.certificates.web.records.shelf import answered
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, give_token, shelve
from tests.organisations.web.invitations import invited
from tests.organisations.web.members import give_second_factor, member, signed_in
from tests.support.connections import connect
from tests.support.holder import link
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.questions import ask as records

PASSWORD = "een lang wachtwoord van de test"


class _Server(ThreadedWSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the product's own log has a line a request."""


class SiteServer:
    """The whole product on a free port of this machine."""

    def __init__(self) -> None:
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.set_app(StaticFilesHandler(WSGIHandler()))
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@dataclass
class Site:
    """What the pages show, and the sessions to see it with: one member a language, who may do everything."""

    hospital: Hospital
    email: str
    secret: str
    newcomer: str
    """Address of an account without a second factor."""
    forgotten: str
    """Path of the link that leads somebody to a new password."""
    certificate: UUID = field(default_factory=uuid4)
    pages: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    looks_on: str = ""
    """Session, in Dutch, of somebody who may only look."""


def _operation(hospital: Hospital, *operators: User) -> str:
    """Work of which some fails and some is parked, and who may look at it."""
    User.objects.filter(pk__in=[one.pk for one in operators]).update(is_operator=True)
    now = datetime.now(UTC)
    failure = {
        "error": "OperationalError",
        "where": "organisations/services/letters/invitations.py:58",
        "at": "",
    }
    for name, parked_at in (("wout", None), ("sarah", now - timedelta(hours=5))):
        row = invited(hospital, f"{name}@sint-elisabeth-maasdal.example", Role.VIEWER, full_name=name.title())
        with acting_for([hospital.organisation.pk], as_platform=True):
            Invitation.objects.filter(pk=row.pk).update(failure=failure, tries=6, parked_at=parked_at)
    return "/operation/"


def _memberships(hospital: Hospital, viewer: User) -> dict[str, str]:
    """Invitations whose letters fared differently, and the pages that ask before something is given or taken."""
    here, now = hospital.organisation, datetime.now(UTC)
    made = [
        invited(hospital, f"{name}.uitgenodigd@sint-elisabeth-maasdal.example", role, full_name=name.title())
        for name, role in (("marieke", Role.HOLDER), ("jean-pierre", Role.VIEWER), ("ingeborg", Role.AUDITOR))
    ]
    with acting_for([here.pk], as_platform=True):
        rows = Invitation.objects.filter(organisation=here)
        rows.filter(pk=made[0].pk).update(sent_at=now, next_attempt_at=None)
        refused = "550 5.1.1 <jean-pierre.uitgenodigd@sint-elisabeth-maasdal.example> no such mailbox"
        rows.filter(pk=made[1].pk).update(attempts=1, answer=refused, expires_at=now - timedelta(days=2))
        membership = Membership.objects.get(organisation=here, user=viewer)
    return {
        "member-take": f"/organisation/members/{membership.pk}/take/",
        "invitation": link_of(made[0]).removeprefix(settings.ORIGIN),
    }


def _forgotten(user: User) -> str:
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=key)


def make_site() -> Site:
    """Commit a hospital of its own with everything that pages can show."""
    hospital = make_hospital()
    here = hospital.organisation
    users = {
        "nl": member(here, Role.ADMINISTRATOR, Role.HOLDER, name="Katrien Vandenbroucke", language="nl"),
        "fr": member(here, Role.ADMINISTRATOR, Role.HOLDER, name="Jean-Baptiste Delacroix", language="fr"),
        "de": member(here, Role.ADMINISTRATOR, Role.HOLDER, name="Annelies Müller", language="de"),
    }
    walker = member(here, Role.ADMINISTRATOR, name="Piet Walker", language="en")
    walker.set_password(PASSWORD)
    walker.save()
    newcomer = member(here, Role.VIEWER, name="Nele Nieuw", language="nl")
    newcomer.set_password(PASSWORD)
    newcomer.save()
    forgetful = member(here, Role.VIEWER, name="Fons Vergeten", language="nl")
    site = Site(hospital, walker.email, give_second_factor(walker), newcomer.email, _forgotten(forgetful))
    looks_on = signed_in(member(here, Role.VIEWER, name="Lien Lezer", language="nl"))
    site.looks_on = looks_on.cookies["ehportal_session"].value
    with acting_for([here.pk], as_platform=True):
        add_identifier(here, type="NIHII-HOSPITAL", value="71000436", actor=PLATFORM, now=datetime.now(UTC))
        holders = {
            "nl": holder_of(hospital, users["nl"], "93051822361", "Katrien Maria", "Vandenbroucke"),
            "fr": holder_of(hospital, users["fr"], "00010100105", "Jean-Baptiste", "Delacroix"),
            "de": holder_of(hospital, users["de"], "78041204401", "Annelies", "Müller"),
        }
    other = make_hospital(name="Clinique Notre-Dame", cbe="0809394427", ssin="93051822361").organisation
    with acting_for([other.pk], as_platform=True):
        add_identifier(
            other, type="CBE", value=hospital.identifier.value, actor=PLATFORM, now=datetime.now(UTC)
        )
    fill_shelf(hospital)
    half_a_year(datetime.now(UTC))
    certificate = shelve(here, "EHBOX-CENTRAAL", 61)
    strange = shelve(here, "ZELFGEMAAKT", 61, chain_trusted=False, revocation_status="unknown")
    for language, days in (("nl", 61), ("fr", 700)):
        shelve(
            here,
            "",
            days,
            common_name="SSIN=••.••.••-•••.61",
            holder_name=str(holders[language]).upper(),
            identifier_type="SSIN",
            identifier_value="",
            ssin_index=holders[language].ssin_index,
            owner=holders[language],
            **({"private_to": users[language]} if language == "nl" else {"shared_at": datetime.now(UTC)}),
        )
    old, new = renewed(hospital)
    made = {state: ask(hospital, state) for state in RequestState if state is not RequestState.REJECTED}
    rejected = ask(hospital, RequestState.REJECTED, problem=PROBLEM)
    device = Device.objects.create(
        thumbprint=str(here.pk).replace("-", ""),
        public_jwk={},
        label="PC-APO-014",
        ssin_index=holders["nl"].ssin_index,
        holder_first_names=["Katrien", "Maria"],
        holder_name="Vandenbroucke",
        last_seen_at=datetime.now(UTC),
    )
    link(device, holders["nl"])
    waiting = {
        language: ask(
            hospital,
            RequestState.AWAITING_SIGNATURE,
            holder=holders[language],
            environment=Environment.ACCEPTANCE if language == "fr" else Environment.PRODUCTION,
        )
        for language in users
    }
    with_token = made[RequestState.COMPLETED].certificate
    assert with_token is not None
    give_token(with_token, TokenState.WAITING)
    site.certificate = certificate.pk
    site.pages = {
        "dashboard": "/",
        "inventory": "/certificates/",
        "calendar": f"/calendar/?month={belgian_day(certificate.not_after):%Y-%m}",
        "certificate": f"/certificates/{certificate.pk}/",
        "certificate-token": f"/certificates/{with_token.pk}/",
        "certificate-old": f"/certificates/{old.pk}/",
        "certificate-new": f"/certificates/{new.pk}/",
        "certificate-strange": f"/certificates/{strange.pk}/",
        "renewal": f"/certificates/{certificate.pk}/renew/",
        "renewal-too-early": f"/certificates/{new.pk}/renew/",
        "installations": "/installations/",
        "services": "/services/",
        "key-store-lost": f"/requests/{key_store_lost(hospital, certificate).pk}/",
        "import": "/certificates/import/",
        "requests": "/requests/",
        "request-new": "/requests/new/",
        "request-waiting": f"/requests/{made[RequestState.AWAITING_CERTIFICATE].pk}/",
        "request-refused": f"/requests/{rejected.pk}/",
        "request-done": f"/requests/{made[RequestState.COMPLETED].pk}/",
        "sign-list": "/sign/",
        "sign-waiting": f"/sign/{made[RequestState.AWAITING_CERTIFICATE].pk}/",
        "sign-done": f"/sign/{made[RequestState.COMPLETED].pk}/",
        "records": "/records/",
        "records-answered": f"/records/{answered(hospital, certificates=4, taken_back=True).pk}/",
        "records-unsigned": f"/records/{records(hospital, now=datetime.now(UTC) - timedelta(days=31)).pk}/",
        "own": "/own/",
        "own-new": "/own/new/",
        "workstation": "/workstation/",
        "answers": "/help/answers/",
        "answers-unknown": "/help/answers/?q=ZZ_SIGNER_UNKNOWN_AT_THE_FRONT_DESK",
        "device-withdraw": f"/workstation/{device.pk}/withdraw/",
        "organisation": "/organisation/",
        "person-leave": f"/organisation/people/{hospital.holder.pk}/leave/",
        "person-new": "/organisation/people/new/",
        "identifier-new": "/organisation/identifiers/new/",
        "mandate-new": "/organisation/mandates/new/",
        "member-new": "/organisation/members/new/",
        "contact-defaults": "/organisation/contact/",
        "connections": "/organisation/connections/",
        "connection": f"/organisation/connections/{connect(hospital, name='Zabbix').connection.pk}/",
        "connection-new": "/organisation/connections/new/",
        "api": "/api/",
        "history": "/organisation/history/",
        "security": "/accounts/2fa/",
        "operation": _operation(hospital, *users.values()),
        "not-found": "/certificates/nowhere/",
    }
    site.pages |= papers_and_foreigners(hospital)
    site.pages |= endings(hospital, old)
    site.pages |= told(hospital, certificate, old, *users.values())
    site.pages |= hooks(hospital, users["nl"])
    site.pages |= _memberships(hospital, newcomer)
    for language, holder in holders.items():
        ending = revoke(hospital, RevocationState.AWAITING_SIGNATURE, holder=holder)
        site.pages[f"revocation-sign:{language}"] = f"/revocations/{ending.pk}/sign/"
    for language, request in waiting.items():
        site.pages[f"sign:{language}"] = f"/sign/{request.pk}/"
    for language, holder in holders.items():
        site.pages[f"records-waiting:{language}"] = f"/records/{records(hospital, holder=holder).pk}/"
    for language, user in users.items():
        client: Client = signed_in(user)
        site.sessions[language] = client.cookies["ehportal_session"].value
    return site
