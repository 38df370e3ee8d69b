"""A job as the agent asks for it, whatever its kind: its document, its signature, its refusal."""
