"""Tests of the sign-in by an identity provider or a trusted proxy."""
