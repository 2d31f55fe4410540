"""Values of the past and of now: asked for page by page, written into tables, drawn."""
