"""Recordings: what a client tells of one sitting, archived at its end, deleted when its time is over."""
