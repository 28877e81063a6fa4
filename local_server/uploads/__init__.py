"""Pictures that are sent to us: received as a stream, sealed as they come, checked, entered and told of."""
