"""The record of the organisation as people read it."""
