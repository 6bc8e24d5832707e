"""The services that this one asks: a catalogue, profiles, a stream of listening events. Each has its own client."""
