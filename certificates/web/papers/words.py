"""The words for papers on the pages; titles, headings and fields are those of the papers themselves."""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates.domain.papers import PaperState, PaperTime
from certificates.papers.words import LANGUAGES, Words, words_in
from organisations.web.words import Label, Text

PAPER_STATES: dict[PaperState, Label] = {
    PaperState.DRAFTED: Label(_("Drawn up, not sent"), "warn"),
    PaperState.SENT: Label(_("Sent, not yet accepted"), "busy"),
    PaperState.ACCEPTED: Label(_("Accepted"), "good"),
    PaperState.ENDED: Label(_("Ended")),
}

PAPER_EXPLANATIONS: dict[PaperState, Text] = {
    PaperState.DRAFTED: _("Print the paper, have it signed, send it, and note here on which day."),
    PaperState.SENT: _("As soon as you hear that it was accepted, note it here and upload the signed copy."),
    PaperState.ACCEPTED: _("It is in force for its period."),
    PaperState.ENDED: _("It no longer counts. It stays here to be looked up."),
}

PAPER_TIMES: dict[PaperTime, Label] = {
    PaperTime.ENDS_SOON: Label(_("Ends soon"), "warn"),
    PaperTime.OVER: Label(_("Period is over"), "bad"),
}
"""Only what asks for attention has a word."""

PAPER_MOVES: dict[PaperState, Text] = {
    PaperState.SENT: _("Mark as sent"),
    PaperState.ACCEPTED: _("Mark as accepted"),
    PaperState.ENDED: _("Mark as ended"),
}


def page_words() -> Words:
    """Return the papers' words in the language of the page."""
    language = get_language() or "nl"
    return words_in(language if language in LANGUAGES else "en")
