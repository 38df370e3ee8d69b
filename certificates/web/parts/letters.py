"""Whether people were told by mail of what waits for them: part of the pages of what is asked."""

from dataclasses import dataclass
from uuid import UUID

from organisations.models import Person, Reminder
from organisations.selectors import letters_about


@dataclass(frozen=True)
class LetterLine:
    """Who was written to, and the newest letter; None before there is one."""

    reader: str
    letter: Reminder | None


def letter_lines(subject_id: UUID, holder: Person) -> list[LetterLine]:
    """Return what became of the letters about one thing; nothing at all where nobody can be written to.

    The holder stands among them also while nothing was sent. One query.
    """
    lines = [LetterLine(str(one.recipient), one) for one in letters_about(subject_id)]
    written = {one.letter.recipient_id for one in lines if one.letter is not None}
    if holder.user_id is not None and holder.user_id not in written:
        lines.insert(0, LetterLine(str(holder), None))
    return lines
