"""What coding agents are told and kept from: their events, the answers to them, and the rounds that they have had."""
