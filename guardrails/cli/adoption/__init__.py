"""What another repository holds, and the files that adopt the gate there."""
