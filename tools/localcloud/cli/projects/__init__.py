"""Project files: what they ask for, what a cloud has, and the steps from one to the other."""
