"""What crosses the link between agent and server besides jobs: proofs, enrolment, reports, preparation files."""
