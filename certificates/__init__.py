"""The inventory of eHealth certificates and the life of each one."""
