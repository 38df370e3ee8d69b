"""What an organisation wants told of the ends of its certificates: rules, silences, and what lies ahead."""
