"""Papers as PDF: their words in four languages, and the sheet they are set on. No model and no framework."""
