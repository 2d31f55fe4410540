"""`tools/picture`: the pictures in docs/, of the page of a local cloud as a browser shows it."""
