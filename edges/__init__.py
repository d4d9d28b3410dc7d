"""What automatic differentiation libraries do at their edges: ``make edges`` runs them and writes ``docs/edges.md``.

``python -m edges`` runs each library in a process of its own (``ask.py``), for HIPS autograd is imported under our
name; of one that is missing or fails the page says "not installed". A subject (``subjects/kinks.py``) is a list of
cases, each with the reason for what ours gives; ``libraries/`` says how each library computes them, and ``page.py``
writes the page.
"""
