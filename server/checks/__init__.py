"""Checks of a running installation, for `office360 check`."""
