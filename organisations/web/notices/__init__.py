"""Pages of notices: what a member was told, answers from letters, and addresses outside that are told too."""
