"""`tools/picture`: make the pictures in docs/, which show a local cloud's page in a browser."""
