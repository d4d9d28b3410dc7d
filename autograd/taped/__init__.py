"""What a tape holds behind one output, read once for checking and explaining alike.

``graph`` has the nodes in order, what takes each of them and what stands for a leaf; ``naming`` finds what the user
calls them; ``replay`` runs them again, in another type or with some values replaced.
"""
