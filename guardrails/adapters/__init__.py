"""The outside things, one adapter each: git, processes, the disk, the terminal. Only the command line names them."""
