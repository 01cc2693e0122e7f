"""Tasks: the file formats of data sets, what is done to them, and a recipe for each network."""
