"""Signals with three coordinates: signed distances, video clips and scenes of Gaussian blobs."""
