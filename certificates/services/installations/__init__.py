"""Where certificates are installed: taking a workstation's report, and matching what it found."""
