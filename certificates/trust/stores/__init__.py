"""Trust stores in the forms that software loads: written, and read back before anybody gets them. No model."""
