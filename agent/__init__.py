"""The workstation agent of ehportal."""
