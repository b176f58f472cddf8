"""What is printed and how. The only package that uses Rich; it imports `domain` alone."""
