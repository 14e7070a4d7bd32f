"""What people say of matches: verdicts, shortlists, and how good the lists were by that."""
