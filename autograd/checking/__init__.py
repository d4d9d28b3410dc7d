"""A hand derivation held against the truth: which step is wrong, and which classic mistake is in it.

A check is a line of rooms, and what is checked goes through each of them once; each imports from those before it alone:

1. ``graph``: the taped graph, copied in float64 so that it can be walked many times; ``naming`` says what it calls
   its nodes
2. ``learner``: what the learner wrote down; ``given`` reads one value of it, ``cells`` tables of them, ``formulas``
   those that are formulas
3. ``truth``: the true gradients, and those that follow from the learner's own; ``alteration`` is the walk that gives
   them, ``slopes`` what finite differences say
4. ``judgement``: which values are right, which are wrong, and which only follow from wrong ones; ``forward`` the same
   of forward values and of parameters after a step; ``conventions`` reads what is right when written down another way;
   ``corrections`` holds formulas against the truth at random numbers, and says which part of one is wrong
5. ``diagnosis``: the mistake behind each wrong step. ``mistakes`` is the catalogue, ``site`` a node, or a value whose
   gradient was given, as it asks about it, ``parts`` what a fused node is made of; ``search`` tries what they offer,
   from the walk that is ``unaltered``, ``foresight`` says what is worth it, ``hints`` what each would give before
   anybody has made it
6. ``report``: all of it as text and HTML, with a ``listing`` where it is of lines, and as a ``document`` to hand on;
   ``difference`` describes what no mistake explains
7. ``code``: the learner's own code, ``check_backward``: a backward run line by line, its values brought to this line
8. ``derivations``: a derivation in Markdown, ``check_derivation``: each step of it as a formula, against the truth

``by_hand`` is the line itself: ``check_by_hand``. A new mistake is one function and one row in ``mistakes``; a new kind
of value that a learner may give is read in ``learner`` and judged in ``judgement``.
"""
