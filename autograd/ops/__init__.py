"""The operations, a family a file. Each is declared once: ``autograd.operation``."""
