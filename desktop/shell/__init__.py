"""The window around the pages: navigation, keys, the shield over all pictures."""
