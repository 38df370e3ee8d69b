"""Starts the parts of ehportal on one machine, for the demo and for the tests."""
