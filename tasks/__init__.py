"""Tasks: coords + linear operator + measurements + truth, one file per task."""
