"""What a tree declares and locks of other packages, and what a change does to it. Text alone: nothing is run."""
