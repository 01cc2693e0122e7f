"""What leaves the workbench: tables, documents and plots, each with its provenance."""
