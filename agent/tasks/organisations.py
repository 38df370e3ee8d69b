"""For which organisations this workstation works: the holder ticks them here, and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent import durable
from agent.config import Config
from agent.errors import ExitCode
from agent.language import Texts, printable
from agent.portal.client import Portal
from agent.ui import Dialogue
from agent.wire.link.organisations import AskingOrganisation

NOT_TICKED_FILE: Final = "organisations.json"
"""Ids that the holder has seen and left unticked: `run` and `watch` do not ask for them again."""


def asking_line(one: AskingOrganisation, texts: Texts) -> str:
    """One organisation with what there is to judge it by."""
    return texts(
        "organisations.line",
        name=printable(one.name),
        numbers=printable(", ".join(one.numbers)) or texts("organisations.no_numbers"),
        account=printable(one.account) or texts("organisations.no_account"),
    )


@dataclass(frozen=True)
class OrganisationsTask:
    """Asks the holder, and hands the answer in."""

    config: Config
    portal: Portal
    dialogue: Dialogue
    texts: Texts

    def manage(self) -> ExitCode:
        """Show all that know the holder, ticked as they stand, and do what the holder changes."""
        known = self.portal.organisations()
        waiting = {one.id for one in known.waiting}
        standing = [one for one in known.agreed if one.id not in waiting]
        every = [*standing, *known.waiting]
        if not every:
            self.dialogue.say(self.texts("organisations.nobody"))
            return ExitCode.DONE
        return ExitCode.CANCELLED if self._tick(every, len(standing)) is None else ExitCode.DONE

    def ask(self, *, anew: bool = False) -> bool:
        """Ask for those that wait; `anew` also for those left unticked before. True when one was ticked."""
        left = set() if anew else not_ticked(self.config)
        waiting = [one for one in self.portal.organisations().waiting if one.id not in left]
        return bool(waiting) and bool(self._tick(waiting, 0))

    def _tick(self, every: Sequence[AskingOrganisation], standing: int) -> int | None:
        """Ask, with the first `standing` ticked, and hand in what changed; returns how many are new, None for no."""
        before = frozenset(range(standing))
        lines = [asking_line(one, self.texts) for one in every]
        question = self.texts("organisations.question", server=self.portal.origin)
        after = self.dialogue.tick(question, lines, before)
        if after is None:
            return None
        agreed = [every[place] for place in sorted(after - before)]
        ended = [every[place] for place in sorted(before - after)]
        for one in agreed:
            self.portal.agree(one)
        for one in ended:
            self.portal.end_agreement(one)
        unticked = {one.id for place, one in enumerate(every) if place not in after}
        ticked = {one.id for place, one in enumerate(every) if place in after}
        _remember(self.config, (not_ticked(self.config) | unticked) - ticked)
        for key, changed in (("agreed", agreed), ("ended", ended)):
            if changed:
                names = printable(", ".join(one.name for one in changed))
                self.dialogue.say(self.texts(f"organisations.{key}", organisations=names))
        return len(agreed)


def not_ticked(config: Config) -> set[str]:
    """The ids of organisations that the holder has left unticked here; a damaged file holds none."""
    kept = (durable.read_json(config.home / NOT_TICKED_FILE) or {}).get("not_ticked")
    return {one for one in kept if isinstance(one, str)} if isinstance(kept, list) else set()


def _remember(config: Config, ids: set[str]) -> None:
    durable.write_json(config.home / NOT_TICKED_FILE, {"not_ticked": sorted(ids)})
