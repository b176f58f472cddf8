"""What is printed and how: the only home of Rich. Sees the domain alone."""
