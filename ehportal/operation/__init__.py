"""What who operates the platform sees: the work, without anything of an organisation's."""
