"""Context of a phone at a steady rate: readings by the agent or a shell loop, and their meaning."""
