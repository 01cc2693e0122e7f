"""Plain records, errors, provenance and file helpers that every other package builds on."""
