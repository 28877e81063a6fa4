"""Albums: the tree that curators sort pictures into, and the protection level of each."""
