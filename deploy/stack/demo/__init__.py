"""The demo: its command, hospitals, cards, and a life played unattended."""
