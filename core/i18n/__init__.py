"""Catalogues, dates and error texts in each language."""
