"""The transaction edge, the tables, the embedded server and the migrations."""
