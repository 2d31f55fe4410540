"""HTTP/1.1. Nothing is here, so that WebSocket loads `head` alone; a program's requests are `client`'s."""
