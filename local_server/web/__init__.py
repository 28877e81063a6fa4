"""What all routes share: the way in, problem documents, limits and headers."""
