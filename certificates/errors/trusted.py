"""Reasons why a trust store or a list of the platform cannot be had, or something about it not be done."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class NoListYet(DomainError):
    """No list of this kind was verified so far, or none is watched."""

    code = "no_list_yet"
    title = _("No trusted list of this environment has been verified here yet.")


class StorePasswordRefused(DomainError):
    """A password that not every software would take."""

    code = "store_password_refused"
    title = _("Choose a password of 4 to 100 letters, digits and signs without accents.")


class StoreGivenUnreadable(DomainError):
    """What was uploaded is no trust store, or its password is another one."""

    code = "store_given_unreadable"
    title = _("This file cannot be opened as a trust store with this password, or it holds a private key.")


class CertificateGivenUnreadable(DomainError):
    """What was uploaded as a certificate of the platform is none."""

    code = "certificate_given_unreadable"
    title = _("This file holds no certificate that can be read (PEM or DER).")


class SoftwareRefused(DomainError):
    """The name of software is missing or too long, or there are too many."""

    code = "software_refused"
    title = _("Name the software in at most 100 characters; at most 200 lines stand on one list.")
