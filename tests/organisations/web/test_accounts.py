"""What the account pages must not allow, and in which words allauth speaks here."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

from organisations.domain.roles import Role
from organisations.models import User
from organisations.sealing import key_id
from organisations.services.letters.accounts import CHANGES, LINK, account_letter
from organisations.web.accounts.words import OURS
from tests.organisations.web.members import give_second_factor, member, signed_in
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.work import send_letters

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
COLLEAGUE = "directie@maasdal.example"
PASSWORD = "een-lang-woord-77"
INFORMAL = {
    "nl": re.compile(r"\b(je|jij|jou|jouw)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(tu|ton|ta|tes)\b", re.IGNORECASE),
    "de": re.compile(r"\b(du|dein\w*|dich|dir)\b", re.IGNORECASE),
}
NEVER_SENT = {
    "account/email/account_already_exists": "nobody signs up",
    "account/email/email_changed": "an address stays",
    "account/email/email_confirm": "an address stays",
    "account/email/email_confirmation": "a password proves the address",
    "account/email/email_confirmation_signup": "nobody signs up",
    "account/email/email_deleted": "an address stays",
    "account/email/login_code": "ACCOUNT_LOGIN_BY_CODE_ENABLED is off",
    "account/email/password_reset_code": "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED is off",
    "account/email/unknown_account": "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS is off",
    "mfa/email/webauthn_added": "MFA_SUPPORTED_TYPES lacks it",
    "mfa/email/webauthn_removed": "MFA_SUPPORTED_TYPES lacks it",
}
"""Letters of allauth that no page here leads to, and why."""


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


@pytest.mark.parametrize("second_factor", [True, False])
def test_nobody_takes_another_address(hospital: Hospital, second_factor: bool) -> None:
    """Roles are given by address: who could call himself the director would be made administrator."""
    user = member(hospital.organisation, Role.VIEWER)
    client = signed_in(user) if second_factor else Client()
    client.force_login(user, backend=BACKEND)
    assert client.get("/accounts/email/").status_code == 404
    for action in ("action_add", "action_primary"):
        assert client.post("/accounts/email/", {action: "", "email": COLLEAGUE}).status_code == 404
    address = user.email
    user.refresh_from_db()
    assert user.email == address


class TestSecrets:
    """What opens the second step is not readable in the database."""

    def test_they_are_sealed(self, hospital: Hospital) -> None:
        user = member(hospital.organisation, Role.VIEWER)
        secret = give_second_factor(user)
        client = signed_in(user)
        client.session.save()
        stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
        assert secret not in stored
        assert stored.startswith(f"{key_id(settings.SSIN_KEYS[0])}:gAAAA"), "as national numbers are"

    def test_the_migration_seals_what_was_there_and_back(self, hospital: Hospital) -> None:
        user = member(hospital.organisation, Role.VIEWER)
        Authenticator.objects.create(user=user, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
        Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": "ab12", "used_mask": 5})
        steps = import_module("organisations.migrations.0007_proven_addresses_and_sealed_secrets")
        for _twice in range(2):
            steps.seal_secrets(apps, None)
        sealed = {one.type: one.data for one in Authenticator.objects.filter(user=user)}
        assert "JBSWY3DPEHPK3PXP" not in str(sealed)
        assert sealed["recovery_codes"]["used_mask"] == 5
        assert Authenticator.objects.get(user=user, type="recovery_codes").wrap().generate_codes()
        steps.unseal_secrets(apps, None)
        plain = {one.type: one.data for one in Authenticator.objects.filter(user=user)}
        assert plain["totp"]["secret"] == "JBSWY3DPEHPK3PXP"
        assert plain["recovery_codes"]["seed"] == "ab12"

    def test_the_migration_proves_addresses_of_who_has_a_password(self, hospital: Hospital) -> None:
        begun, waiting = (member(hospital.organisation, Role.VIEWER) for _ in range(2))
        begun.set_password(PASSWORD)
        begun.save()
        for user in (begun, waiting):
            EmailAddress.objects.create(user=user, email=user.email, verified=False)
        EmailAddress.objects.create(user=begun, email=COLLEAGUE, verified=False)
        import_module("organisations.migrations.0007_proven_addresses_and_sealed_secrets").prove_addresses(
            apps, None
        )
        assert set(EmailAddress.objects.filter(verified=True).values_list("email", flat=True)) == {
            begun.email
        }


@pytest.mark.parametrize(
    "name",
    [
        "account_login", "account_logout", "account_signup", "account_inactive", "account_reauthenticate",
        "account_change_password", "account_set_password", "account_reset_password",
        "account_reset_password_done", "account_reset_password_from_key_done", "mfa_index", "mfa_authenticate",
        "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
    ],
)  # fmt: skip
@pytest.mark.parametrize("signed", [True, False])
def test_no_account_page_is_stored(hospital: Hospital, name: str, signed: bool) -> None:
    client = signed_in(member(hospital.organisation, Role.VIEWER)) if signed else Client()
    answer = client.get(reverse(name))
    assert "no-store" in answer["Cache-Control"]


class TestWords:
    """Every sentence that allauth says here is ours, in the language of the page, and polite."""

    @pytest.mark.parametrize("language", sorted(INFORMAL))
    def test_sentences_are_translated_and_polite(self, language: str) -> None:
        with translation.override("en"):
            english = [str(one) for one in OURS]
        with translation.override(language):
            said = [str(one) for one in OURS]
        same = {"Code"}
        assert [
            one for one, other in zip(english, said, strict=True) if one == other and one not in same
        ] == []
        assert [one for one in said if INFORMAL[language].search(one)] == []

    def test_every_refusal_that_can_be_shown_is_among_them(self) -> None:
        """allauth may learn new ones: then somebody has to look whether pages here can show them."""
        cannot = {
            "add_email_blocked", "cannot_remove_primary_email", "duplicate_email", "phone_password_mismatch",
            "email_taken", "enter_current_password", "invalid_or_expired_key", "max_email_addresses", "phone_taken",
            "unknown_email", "unknown_phone", "unverified_primary_email", "username_blacklisted",
            "username_password_mismatch", "username_taken", "select_only_one", "same_as_current",
            "cannot_delete_authenticator",
        }  # fmt: skip
        with translation.override("en"):
            ours = {str(one) for one in OURS}
            adapters: tuple[Any, ...] = (DefaultAccountAdapter, DefaultMFAAdapter)
            shown = {
                str(text)
                for adapter in adapters
                for key, text in adapter.error_messages.items()
                if key not in cannot
            }
        assert shown - ours == set()

    @pytest.mark.parametrize("language", sorted(INFORMAL))
    def test_forms_answer_in_the_language_of_the_page(self, hospital: Hospital, language: str) -> None:
        user = member(hospital.organisation, Role.VIEWER, language=language)
        user.set_password(PASSWORD)
        user.save()
        anonymous = Client()
        anonymous.cookies["django_language"] = language
        pages = [anonymous.post("/accounts/login/", {"login": user.email, "password": "wrong"})]
        client = signed_in(user)
        for _ in range(2):  # the first one leads to the page that asks whether it is you
            pages.append(client.get("/accounts/password/change/", follow=True))
            client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        for chosen in ("kort", "password1234", "12345678901234567890", user.email):
            wrong = {"oldpassword": "wrong", "password1": chosen, "password2": "anders"}
            pages.append(client.post("/accounts/password/change/", wrong))
        pages.append(client.get("/accounts/2fa/"))
        for page in pages:
            text = re.sub(r"<(script|style).*?</\1>", "", page.content.decode(), flags=re.DOTALL)
            words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
            assert INFORMAL[language].search(words) is None, words
            assert re.search(r"\b(the|your|must|incorrect|password)\b", words, re.IGNORECASE) is None, words


class TestLetters:
    """allauth's letters come in our shell, from our origin, in the reader's language."""

    def test_each_one_that_allauth_knows_has_words_or_a_reason(self) -> None:
        folder = Path(allauth.__file__).parent / "templates"
        known = {
            str(path.relative_to(folder)).removesuffix("_subject.txt")
            for app in ("account", "mfa")
            for path in (folder / app / "email").glob("*_subject.txt")
        }
        assert known == {LINK, *CHANGES} | set(NEVER_SENT)

    @pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
    @pytest.mark.parametrize("name", [LINK, *CHANGES])
    def test_words_and_shell(self, settings: Settings, name: str, language: str) -> None:
        settings.ORIGIN = "https://certificaten.maasdal.example"
        greeting = {"nl": "Beste", "fr": "Bonjour", "de": "Guten Tag", "en": "Dear"}[language]
        user = User(email="koen@maasdal.example", full_name="Koen Claes", language=language)
        letter = account_letter(name, user, "https://certificaten.maasdal.example/accounts/x/")
        html = str(letter.alternatives[0][0])
        for text in (str(letter.body), html):
            assert f"{greeting} Koen Claes," in text
            assert "https://certificaten.maasdal.example/accounts/" in text
            assert "127.0.0.1" not in text
            if language != "en":
                assert INFORMAL[language].search(re.sub(r"https?://\S+", "", text)) is None
                assert "This message" not in text
        assert f'<html lang="{language}">' in html
        assert letter.to == ["koen@maasdal.example"]
        assert "\n" not in letter.subject

    def test_changing_a_password_is_told(self, hospital: Hospital, sink: MailSink) -> None:
        user = member(hospital.organisation, Role.VIEWER, language="nl")
        user.set_password(PASSWORD)
        user.save()
        client = signed_in(user)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        new = {"oldpassword": PASSWORD, "password1": "een-ander-woord-88", "password2": "een-ander-woord-88"}
        assert client.post("/accounts/password/change/", new).status_code == 302
        send_letters()
        assert sink.mail_to(user.email)["Subject"] == "Uw wachtwoord is gewijzigd"

    def test_a_mail_server_that_is_away_stops_no_change(
        self, hospital: Hospital, sink: MailSink, settings: Settings
    ) -> None:
        settings.EMAIL_PORT = 1
        user = member(hospital.organisation, Role.VIEWER)
        user.set_password(PASSWORD)
        user.save()
        client = signed_in(user)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        new = {"oldpassword": PASSWORD, "password1": "een-ander-woord-88", "password2": "een-ander-woord-88"}
        assert client.post("/accounts/password/change/", new).status_code == 302
        assert Client().post("/accounts/password/reset/", {"email": user.email}).status_code == 302

    def test_nobody_is_told_whether_an_address_is_known(self, hospital: Hospital, sink: MailSink) -> None:
        known = member(hospital.organisation, Role.VIEWER).email
        answers = [Client().post("/accounts/password/reset/", {"email": one}) for one in (known, COLLEAGUE)]
        assert [(one.status_code, one["Location"]) for one in answers] == [(302, answers[0]["Location"])] * 2
        assert send_letters() == 2, "both are looked into by a worker"
        assert [to for to, _mail in sink.mails] == [[known]]

    def test_the_link_goes_to_the_account_s_address_from_our_origin(
        self, hospital: Hospital, sink: MailSink, settings: Settings
    ) -> None:
        settings.ORIGIN = "https://certificaten.maasdal.example"
        user = member(hospital.organisation, Role.VIEWER, language="fr")
        answer = Client().post(
            "/accounts/password/reset/", {"email": user.email.upper()}, headers={"host": "localhost"}
        )
        assert answer.status_code == 302
        send_letters()
        text = sink.text_to(user.email)
        assert "https://certificaten.maasdal.example/accounts/password/reset/key/" in text
        assert "localhost" not in text
        assert sink.mail_to(user.email)["Subject"] == "Choisissez un mot de passe pour ehportal"
