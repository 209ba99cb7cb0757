"""The web interface: a JSON API under `/api/v1`, live changes, and the page that shows them."""
