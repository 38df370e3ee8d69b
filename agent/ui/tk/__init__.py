"""The dialogue in a window: one for the whole sitting, in the desktop's theme, at the same place.

Enter confirms on every page: it presses the button that is drawn as the default one. Where that would sign, it first
leads through the text, and presses Sign only once its end has been on the screen. Where confirming would give something
up for good, the default button is the one that does not.
"""

from agent.ui.tk.dialogue import WindowDialogue

__all__ = ["WindowDialogue"]
