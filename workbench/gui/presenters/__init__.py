"""What the pages show, worked out without Qt so that it can be tested without a window."""
