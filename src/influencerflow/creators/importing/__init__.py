"""Bulk import: read a file, find its columns, clean its values, and put it in with one transaction."""
