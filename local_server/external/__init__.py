"""The parts outside of this program: for each one object that connects, backs off and knows how it is."""
