"""How clients prove who they are: with a secret, a certificate, or a user's token."""
