"""The keeper's pages: what happened, and how this gallery is set up."""
