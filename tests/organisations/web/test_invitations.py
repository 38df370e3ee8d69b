"""A role is given with consent only: the letter, its page, and what the inviter gets to know."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Invitation, Membership, User
from organisations.models.invitation import LIFETIME
from organisations.services.letters.invitations import AFTER_OUTAGE, PAUSES, send_invitation
from organisations.services.members import take_role
from organisations.tenancy import acting_for
from tests.organisations.web.invitations import NEW, ask, begin, invited, letter_link, reload, sent, user_at
from tests.organisations.web.members import member, set_up_second_step, signed_in
from tests.support.hospital import PLATFORM, Hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.work import claimable, send_letters


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def roles_in(hospital: Hospital, user: User) -> set[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return set(
            Membership.objects.filter(user=user, organisation=hospital.organisation).values_list(
                "role", flat=True
            )
        )


def actions(hospital: Hospital) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = AuditEvent.objects.filter(action__startswith="invitation").order_by("happened_at", "id")
        return list(rows.values_list("action", flat=True))


class TestTheLetter:
    """Who invites, to which organisation, as what, what to do, until when."""

    def test_it_leaves_at_once_and_after_the_commit(
        self,
        administrator: Client,
        hospital: Hospital,
        sink: MailSink,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            page = ask(administrator)
        assert "Nele Nieuw is invited: the letter to nele.nieuw@maasdal.example is on its way." in page
        assert len(callbacks) == 1, "a worker is told"
        assert sink.mails == [], "nothing is sent inside the transaction"
        [(organisation, invitation)] = claimable("invitations")
        assert organisation == hospital.organisation.pk
        for _twice in range(2):
            send_invitation(organisation, invitation, now=datetime.now(UTC))
        assert [to for to, _mail in sink.mails] == [[NEW]]
        with acting_for([organisation], as_platform=True):
            assert Invitation.objects.get(pk=invitation).next_attempt_at is None

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            (
                "nl",
                (
                    "Els Wouters nodigt u uit",
                    "Uw rol zou zijn: Auditor",
                    "Kies op deze pagina",
                    "Uitnodiging",
                ),
            ),
            ("fr", ("Els Wouters vous invite", "Votre rôle serait", "Choisissez", "Invitation")),
            ("de", ("Els Wouters lädt Sie ein", "Ihre Rolle wäre", "Wählen Sie", "Einladung")),
            (
                "en",
                ("Els Wouters invites you", "Your role would be: Auditor", "Choose a password", "Invitation"),
            ),
        ],
    )
    def test_it_says_everything_in_the_reader_s_language(
        self,
        hospital: Hospital,
        sink: MailSink,
        settings: Settings,
        language: str,
        words: tuple[str, ...],
    ) -> None:
        settings.ORIGIN = "https://certificaten.maasdal.example"
        invitation = invited(hospital, NEW, Role.AUDITOR, language=language)
        sent(invitation)
        for kind in ("plain", "html"):
            text = sink.text_to(NEW, kind)
            for told in (*words[:3], "AZ Sint-Elisabeth Maasdal", "Nele Nieuw"):
                assert told in text
            assert str(belgian_day(invitation.created_at + LIFETIME).day) in text
            assert "https://certificaten.maasdal.example/invitations/" in text
            assert "127.0.0.1" not in text
        assert words[3] in str(sink.mail_to(NEW)["Subject"])
        assert f'<html lang="{language}">' in sink.text_to(NEW, "html")

    def test_who_has_an_account_is_written_to_in_the_own_language(
        self, hospital: Hospital, other_hospital: Hospital, sink: MailSink
    ) -> None:
        luc = member(other_hospital.organisation, Role.VIEWER, name="Luc Dubois", language="fr")
        luc.set_password("een-lang-woord-77")
        luc.save()
        sent(invited(hospital, luc.email, full_name="Onbekende"))
        text = sink.text_to(luc.email)
        assert "Luc Dubois" in text
        assert "Vous avez un compte" in text
        assert "Onbekende" not in text

    def test_what_becomes_of_it_stands_on_the_organisation_s_page(
        self, administrator: Client, hospital: Hospital, sink: MailSink, settings: Settings
    ) -> None:
        invitation = invited(hospital, NEW)
        assert "not sent yet" in administrator.get("/organisation/").content.decode()
        up, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        sent(invitation)
        settings.EMAIL_PORT = up
        assert "not sent yet" in administrator.get("/organisation/").content.decode()
        sink.unknown = {NEW}
        later = datetime.now(UTC) + AFTER_OUTAGE
        send_invitation(invitation.organisation_id, invitation.pk, now=later)
        page = administrator.get("/organisation/").content.decode()
        assert "refused by the mail server" in page
        assert "550 5.1.1" in page
        sink.unknown = set()
        send_invitation(invitation.organisation_id, invitation.pk, now=later + PAUSES[0])
        page = administrator.get("/organisation/").content.decode()
        assert re.search(r"sent \d+ \w+ \d{4}, \d\d:\d\d", page)
        assert actions(hospital) == ["invitation_made", "invitation_sent"]

    def test_a_letter_that_was_held_up_too_long_is_not_sent(self, hospital: Hospital, sink: MailSink) -> None:
        invitation = invited(hospital, NEW, now=datetime.now(UTC) - LIFETIME - timedelta(hours=1))
        sent(invitation)
        assert sink.mails == [], "its link is dead"
        assert reload(invitation).next_attempt_at is None

    def test_it_is_sent_again_and_withdrawn(
        self, administrator: Client, hospital: Hospital, sink: MailSink, client: Client
    ) -> None:
        invitation = invited(hospital, NEW, now=datetime.now(UTC) - LIFETIME - timedelta(hours=1))
        sent_at = invitation.created_at + timedelta(minutes=1)
        send_invitation(invitation.organisation_id, invitation.pk, now=sent_at)
        link = letter_link(sink, NEW)
        late = client.get(link)
        assert late.status_code == 410
        assert "Els Wouters" in late.content.decode(), "it says whom to ask"
        assert begin(client, link).status_code == 410
        page = administrator.get("/organisation/").content.decode()
        assert "Time has passed: send it again" in page
        again = administrator.post(f"/organisation/invitations/{invitation.pk}/send/", follow=True)
        assert "is sent again" in again.content.decode()
        sent(invitation)
        assert letter_link(sink, NEW) == link
        assert client.get(link).status_code == 200
        gone = administrator.post(f"/organisation/invitations/{invitation.pk}/withdraw/", follow=True)
        assert "is withdrawn" in gone.content.decode()
        assert NEW not in administrator.get("/organisation/").content.decode()
        assert begin(client, link).status_code == 410
        assert user_at(NEW) is None
        assert actions(hospital) == [
            "invitation_made", "invitation_sent", "invitation_renewed", "invitation_sent", "invitation_withdrawn"
        ]  # fmt: skip

    def test_who_may_not(self, viewer: Client, stranger: Client, client: Client, hospital: Hospital) -> None:
        invitation = invited(hospital, NEW)
        for way in ("send", "withdraw"):
            address = f"/organisation/invitations/{invitation.pk}/{way}/"
            assert viewer.post(address).status_code == 403
            assert stranger.post(address).status_code == 404
            assert client.post(address).status_code == 302
        assert reload(invitation).ended_at is None


class TestANewAccount:
    """The letter leads to a password, the password to the second step, that to the first page."""

    def test_the_whole_way(self, hospital: Hospital, sink: MailSink, client: Client) -> None:
        sent(invited(hospital, NEW, Role.AUDITOR))
        link = letter_link(sink, NEW)
        page = client.get(link)
        assert page["Cache-Control"].count("no-store") == 1
        assert user_at(NEW) is None, "looking makes nothing"
        answer = begin(client, link)
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert client.get("/")["Location"] == "/accounts/2fa/totp/activate/"
        set_up_second_step(client)
        assert client.get("/").status_code == 200
        user = user_at(NEW)
        assert user is not None
        assert (user.full_name, user.language, roles_in(hospital, user)) == ("Nele Nieuw", "nl", {"auditor"})
        assert EmailAddress.objects.get(user=user).verified
        with acting_for([hospital.organisation.pk], as_platform=True):
            [event] = AuditEvent.objects.filter(action="role_given", details__member="Nele Nieuw")
        assert (event.actor_id, event.details["invited_by"]) == (user.pk, "Els Wouters")
        over = Client().get(link)
        assert over.status_code == 410
        assert begin(Client(), link).status_code == 410, "a password is chosen once this way"

    @pytest.mark.parametrize(
        ("first", "second"), [("kort", "kort"), ("een-lang-woord-77", "een-ander-woord-88"), ("", "")]
    )
    def test_what_cannot_be_a_password(
        self, hospital: Hospital, sink: MailSink, client: Client, first: str, second: str
    ) -> None:
        sent(invited(hospital, NEW))
        answer = client.post(letter_link(sink, NEW), {"password1": first, "password2": second})
        assert answer.status_code == 422
        assert user_at(NEW) is None

    def test_an_altered_link_leads_nowhere(self, hospital: Hospital, sink: MailSink, client: Client) -> None:
        sent(invited(hospital, NEW))
        link = letter_link(sink, NEW)
        for wrong in (f"{link[:-2]}/", f"{link[:-2]}{'b' if link[-2] == 'a' else 'a'}/"):
            assert client.get(wrong).status_code == 404
            assert begin(client, wrong).status_code == 404

    def test_declining_needs_no_account(
        self, administrator: Client, hospital: Hospital, sink: MailSink, client: Client
    ) -> None:
        sent(invited(hospital, NEW))
        link = letter_link(sink, NEW)
        assert client.get(f"{link}decline/").status_code == 405
        assert client.post(f"{link}decline/").status_code == 200
        assert user_at(NEW) is None
        assert actions(hospital)[-1] == "invitation_declined"
        assert NEW not in administrator.get("/organisation/").content.decode()

    def test_the_reset_page_also_proves_the_address(
        self, hospital: Hospital, sink: MailSink, client: Client
    ) -> None:
        """Who was given an account before there were invitations comes in through the sign-in page."""
        user = member(hospital.organisation, Role.VIEWER)
        assert client.post("/accounts/password/reset/", {"email": user.email}).status_code == 302
        assert send_letters() == 1
        (link,) = set(
            re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", sink.text_to(user.email))
        )
        form = client.get(link, follow=True)
        words = {"password1": "een-lang-woord-77", "password2": "een-lang-woord-77"}
        assert client.post(form.redirect_chain[-1][0], words).status_code == 302
        assert EmailAddress.objects.get(user=user).verified
        client.post("/accounts/login/", {"login": user.email, "password": "een-lang-woord-77"})
        set_up_second_step(client)
        assert client.get("/").status_code == 200


class TestAnAccountThatIsThere:
    """Its owner agrees, signed in, by a POST; whoever invites learns nothing before that."""

    @pytest.fixture
    def luc(self, other_hospital: Hospital) -> User:
        luc = member(other_hospital.organisation, Role.VIEWER, name="Luc Dubois")
        luc.set_password("een-lang-woord-77")
        luc.save()
        return luc

    def test_the_inviter_sees_no_difference(
        self, administrator: Client, hospital: Hospital, luc: User
    ) -> None:
        known = ask(administrator, email=luc.email).replace(luc.email, "…")
        unknown = ask(administrator, email=NEW).replace(NEW, "…")
        assert "Luc Dubois" not in known
        notice = re.compile(r'<div class="notice good".*?</div>', re.DOTALL)
        assert notice.findall(known) == notice.findall(unknown) != []
        assert roles_in(hospital, luc) == set()
        page = administrator.get("/organisation/").content.decode()
        assert "Luc Dubois" not in page

    def test_only_its_owner_accepts_by_a_post(
        self, hospital: Hospital, other_hospital: Hospital, luc: User, sink: MailSink, client: Client
    ) -> None:
        sent(invited(hospital, luc.email, Role.AUDITOR))
        link = letter_link(sink, luc.email)
        page = client.get(link).content.decode()
        assert 'name="password1"' not in page, "nobody sets another password through it"
        assert f"/accounts/login/?next={link}" in page
        begin(client, link)
        luc.refresh_from_db()
        assert luc.check_password("een-lang-woord-77")
        for somebody in (client, signed_in(member(hospital.organisation, Role.VIEWER))):
            assert somebody.post(f"{link}accept/").status_code == 302
        assert roles_in(hospital, luc) == set()
        his = signed_in(luc)
        assert his.get(f"{link}accept/").status_code == 405
        assert roles_in(hospital, luc) == set()
        assert "AZ Sint-Elisabeth Maasdal" in his.get(link).content.decode()
        assert his.post(f"{link}accept/")["Location"] == "/"
        assert roles_in(hospital, luc) == {"auditor"}
        assert "<strong>" not in his.get("/").content.decode().split("rail-organisation")[0]
        assert his.session["organisation"] == str(hospital.organisation.pk)
        assert his.post(f"{link}accept/").status_code == 410

    def test_who_has_no_second_step_sets_it_up_first(
        self, hospital: Hospital, luc: User, sink: MailSink, client: Client
    ) -> None:
        sent(invited(hospital, luc.email))
        client.force_login(luc, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post(f"{letter_link(sink, luc.email)}accept/")
        assert answer["Location"] == "/accounts/2fa/totp/activate/"
        assert roles_in(hospital, luc) == set()

    def test_a_role_that_was_taken_comes_back_by_invitation_only(
        self, hospital: Hospital, luc: User, sink: MailSink
    ) -> None:
        sent(invited(hospital, luc.email))
        link = letter_link(sink, luc.email)
        his = signed_in(luc)
        his.post(f"{link}accept/")
        with acting_for([hospital.organisation.pk], as_platform=True):
            membership = Membership.objects.get(user=luc, organisation=hospital.organisation)
            take_role(membership, actor=PLATFORM, now=datetime.now(UTC))
        assert his.post(f"{link}accept/").status_code == 410
        assert roles_in(hospital, luc) == set()


def test_who_leaves_does_not_come_back_by_an_old_letter(
    administrator: Client, hospital: Hospital, sink: MailSink
) -> None:
    user = hospital.holder_user
    invitation = invited(hospital, user.email, Role.AUDITOR)
    other = invited(hospital, NEW, Role.AUDITOR)
    leaving = {"left_on": str(belgian_day(datetime.now(UTC)))}
    assert administrator.post(f"/organisation/people/{hospital.holder.pk}/leave/", leaving).status_code == 302
    assert reload(invitation).outcome == "withdrawn"
    assert reload(other).ended_at is None
