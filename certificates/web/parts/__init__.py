"""What pages of several subjects share: rows, words, plots, progress, looking up."""
