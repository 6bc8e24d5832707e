"""What a contract promises, and whether another version of it promises less: pacts, JSON Schema, OpenAPI."""
