"""Reasons why a certificate or a file of them is not taken in. Stable codes, no HTTP."""

from django.utils.translation import gettext_lazy as _

from organisations.errors import DomainError


class CertificateMismatch(DomainError):
    """The workstation stored another certificate than the one delivered."""

    code = "certificate_mismatch"
    title = _("The certificate in the key store is not the one that was delivered for this request.")


class CertificateForAnotherKey(DomainError):
    """The authority delivered a certificate that does not belong to the requested key or name."""

    code = "certificate_for_another_key"
    title = _(
        "The government delivered a certificate for another key or name. It was not accepted; we keep asking for the "
        "right one. If this stays, call the eHealth contact centre."
    )


class CertificateNotTrusted(DomainError):
    """The delivered certificate does not lead to an anchor of its environment."""

    code = "certificate_not_trusted"
    title = _(
        "The certificate that was delivered does not lead to a trusted root of this environment. It was not accepted; "
        "check the trust anchors of this installation."
    )


class FileRefused(DomainError):
    """An upload is too large, or holds too much."""

    code = "file_refused"
    title = _("These files are too large to take in at once. Send fewer of them.")


class TooManyFiles(FileRefused):
    """More files than one upload takes."""

    def __init__(self, *, most: int) -> None:
        super().__init__(
            _("At most %(most)d files are taken in at once. Send fewer of them.") % {"most": most},
            field="files",
        )


class FilesTooLarge(FileRefused):
    """More bytes than one upload takes."""

    def __init__(self, *, megabytes: int) -> None:
        super().__init__(
            _("At most %(size)d MB are taken in at once. Send fewer of them.") % {"size": megabytes},
            field="files",
        )


class TooManyCertificates(FileRefused):
    """More certificates than one upload takes."""

    def __init__(self, *, most: int) -> None:
        super().__init__(
            _("At most %(most)d certificates are taken in at once. Send fewer of them.") % {"most": most},
            field="files",
        )


TABLE_REASONS = {
    "not_text": _("This is no text file. Save the table as CSV."),
    "empty": _("There is no line in this file."),
    "no_head": _(
        "The first line must name the columns, and none of them names a certificate. Take the empty table from this"
        " page."
    ),
    "too_many": _("This file has more lines than are looked through at once. Split it."),
    "too_long": _("Line %(line)d is longer than any reference. Correct it and send the file again."),
    "broken": _(
        "From line %(line)d on the file cannot be read: a quotation mark is opened there and not closed."
    ),
    "too_large": _("This file is too large. Split it."),
}


class TableRefused(DomainError):
    """A file is no table of references, or too much of one."""

    code = "table_refused"
    title = _("This file cannot be read as a table.")

    def __init__(self, reason: str, *, line: int = 0) -> None:
        super().__init__(str(TABLE_REASONS[reason]) % {"line": line}, field="file")


class NotAsShown(DomainError):
    """Something else would be set by now than what the page showed."""

    code = "not_as_shown"
    title = _("Something changed meanwhile, so nothing was set. Look at the list once more.")
