"""Messages of agent and server as they were when a protocol was the newest: both must be understood from then on."""
