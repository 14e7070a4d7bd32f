"""The briefs campaigns are run by."""
