"""Importing: the seconds that ``import autograd, nn`` takes when NumPy is there already

Each in a fresh process, from compiled bytecode as after any first import.
"""

from .row import Row

ROWS = [
    Row(
        "import beyond NumPy",
        {"chalkgrad": "autograd, nn", "PyTorch": "torch", "MyGrad": "mygrad"},
        limit=0.06,
        unit="s",
        measure="import",
        threads=(1,),
    ),
]
