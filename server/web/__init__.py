"""The web application: routes, WebSocket, pages and their security."""
