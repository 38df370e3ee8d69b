"""Whether people were told by mail of what waits for them: part of the pages of what is asked."""

from dataclasses import dataclass
from uuid import UUID

from organisations.models import Person, Reminder, ReturnedMail
from organisations.models.bounce import since
from organisations.selectors import came_back, letters_about


@dataclass(frozen=True)
class LetterLine:
    """Who was written to, and the newest letter; None before there is one."""

    reader: str
    letter: Reminder | None
    returned: ReturnedMail | None = None
    """What came back from the reader's address after it was sent."""

    @property
    def arrived(self) -> bool:
        """True when it was sent and nothing came back."""
        return self.letter is not None and self.letter.sent_at is not None and self.returned is None


def letter_lines(subject_id: UUID, holder: Person) -> list[LetterLine]:
    """Return what became of the letters about one thing; nothing at all where nobody can be written to.

    The holder stands among them also while nothing was sent. One query, and one for what came back of those sent.
    """
    letters = letters_about(subject_id)
    to = {one.pk: one.recipient or one.correspondent for one in letters}
    addresses = {key: reader.email.lower() for key, reader in to.items() if reader is not None}
    back = came_back(addresses[one.pk] for one in letters if one.sent_at) if letters else {}
    lines = [
        LetterLine(str(to[one.pk]), one, since(back.get(addresses[one.pk]), one.sent_at)) for one in letters
    ]
    written = {one.letter.recipient_id for one in lines if one.letter is not None}
    if holder.user_id is not None and holder.user_id not in written:
        lines.insert(0, LetterLine(str(holder), None))
    return lines
