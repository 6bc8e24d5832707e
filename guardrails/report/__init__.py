"""One verdict, told to a terminal, a forge, a reviewer and a machine. Pure text from a value: no clock, no network."""
