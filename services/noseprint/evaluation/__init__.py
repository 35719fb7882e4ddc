"""Measuring the nose-print service: pairs, open-set search, baselines, real noses, search by index."""
