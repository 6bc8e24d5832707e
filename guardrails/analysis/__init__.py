"""Pure analysis of text and syntax: it reads no disk, starts no process and runs no code of a change."""
