"""Forms of allauth that do more here."""

from allauth.account.forms import ResetPasswordKeyForm

from organisations.services.accounts import choose_password_by_mail


class ChooseByMail(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    """Choosing a password through a mailed link, which proves the address that the link was mailed to."""

    def save(self) -> None:
        """Keep the password and what the link proved."""
        choose_password_by_mail(self.user, self.cleaned_data["password1"])
