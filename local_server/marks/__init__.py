"""The invisible mark: who sees a picture, put into its pixels and read back without the original."""
