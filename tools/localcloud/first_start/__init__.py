"""What a new data folder gets: a project for a first client, and a user with an API key."""
