"""What the agent does from beginning to end: enrolling, requests, renewals, revocations, records."""
