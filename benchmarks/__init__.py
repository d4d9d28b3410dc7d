"""Speed and memory beside that of others, as ratios from one run: ``make bench``, or ``python -m benchmarks``.

How it is measured, and why so:

* **Each library in a process of its own** (``worker.py``), which imports no other. Importing ours changes how the C
  library and NumPy keep freed memory, for the whole process: PyTorch in it would no longer have "glibc as it comes".
  Two thread pools in one process would be in each other's way too, and HIPS autograd bears our name.
* **In turns** (``measuring.py``): a row's libraries run one after the other, some hundredths of a second each, round
  after round, and a ratio is that of the same round: a slow spell of the machine hits both. A worker ends its turn
  only when its threads have come to rest: those of OpenMP and of OpenBLAS wait for work by spinning for a while.
* **Warm**: a turn begins with a call that is not counted. The collector rests while a clock runs, in every library.
* **Medians**: of the calls in a turn, then of the turns' times, and for the ratio of the rounds' ratios (so it is not
  quite the quotient of the two times beside it).
* **The better layout**: a row may have variants (NCHW memory and channels last). Each is measured, in ours
  as in PyTorch, and each library counts with its faster one.
* **Quiet**: a row is measured again, for a while, when others keep the processors busy (``other_processes.py``); what
  stays disturbed is shown, and does not count.
* **Fresh for every subject and thread count**: what ran before has no influence, so ``python -m benchmarks pooling``
  measures what the whole run does.

``python -m benchmarks --before PATH`` holds two builds of this library against each other in the same way: that of this
folder against the one installed under PATH, as by ``pip install --no-deps --target PATH .`` in another checkout. No
row should cost more than 1.1 times what it did.

A subject is a file with a list ``ROWS``; what a row is, ``row.py`` says. ``tests/benchmarks`` holds each library's
values and gradients in every row against ours: a race is worth something only on the same track.
"""
