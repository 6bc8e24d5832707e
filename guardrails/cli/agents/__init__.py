"""What coding agents use of the gate: hooks, an MCP server, their page, the record of what was given up."""
