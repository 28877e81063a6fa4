"""Grants: who may see which albums, until when and how often; and what a person may see in all."""
