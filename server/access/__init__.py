"""Access by other devices: addresses, certificates, pairing, rate limits."""
