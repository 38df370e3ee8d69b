"""Measured, not tested: times in ratio to the raw work of the same run. `python -m tests.bench`."""
