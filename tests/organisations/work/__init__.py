"""Tests of the work that rows ask for."""
