"""`vsms orders`: the path is the command."""
