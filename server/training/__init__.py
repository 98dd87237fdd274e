"""The trainer process and its supervisor. Importing this package does not import torch."""
