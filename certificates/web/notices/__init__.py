"""Pages of notices: the rules by which ends are told, and who will be told what of one certificate."""
