"""Hold gradients against something independent: finite differences."""

from .finite_differences import GradientError, gradcheck

__all__ = ["GradientError", "gradcheck"]
