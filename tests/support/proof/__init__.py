"""Proof that the suite finds defects: earlier fixes, taken back one by one."""
