"""Figures of offices: visits, video calls and punctuality, by period; targets and charts."""
