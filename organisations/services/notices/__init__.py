"""What members are told of: found in one step, written to each reader in another, so that nobody waits for anybody."""
