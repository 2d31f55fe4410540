"""Project files: what they ask for, what a cloud has, and the steps that make these agree."""
