"""One uploaded CSV: read, checked and carried out."""
