"""The queue of pictures that wait, and the worker that works it off."""
