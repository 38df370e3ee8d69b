"""The work that nobody watches: rows claim their turn, lane by lane, and what fails is seen."""
