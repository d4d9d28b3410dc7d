"""The forward and the backward pass as a program: ``instructions`` has the list, ``of_graph`` reads it off a tape."""
