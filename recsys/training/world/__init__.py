"""A seeded synthetic music service, so that everything can be tried without anybody's data."""
