"""The pictures of the gallery: what is known of them, who may see them, and how they are delivered."""
