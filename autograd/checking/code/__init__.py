"""The learner's own code held against the truth: which line of a backward is the first wrong one.

``check`` is the line through these rooms, ``check_backward``; each file imports from those before it alone:

1. ``statements``: the statements of a source file, by line; ``tracing`` runs a function and notes each value with
   the statement that gave it
2. ``stand_in``: NumPy as recorded code needs it; ``lending`` puts it in NumPy's place for the time of one call
3. ``arguments``: copies of the arguments, as arrays or as Tensors; ``calling``: what backward is called with
4. ``forward``: forward run on Tensors under a tape, and in plain NumPy beside it
5. ``names``: which step of forward a name such as ``dW1`` or ``delta_2`` speaks of
6. ``values``: what the lines of backward gave; ``matching``: which step each value is the gradient of
7. ``blame``: of several lines that wrote one wrong value, which one is wrong
8. ``report``: the listing with a mark beside each line, as text and HTML
"""
