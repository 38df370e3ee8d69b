"""What stands beside a certificate so that people find it and look after it."""
