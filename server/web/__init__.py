"""The web application: routes, WebSocket, pages and security."""
