"""Office 360: appointments, turns and video attention for public offices."""

__version__ = "0.1.0"
