"""What happened while people looked: viewing sessions, capture attempts, the activity list, live events."""
