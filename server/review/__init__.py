"""What to look at next: contact sheets, cues, suggestions and label quality."""
