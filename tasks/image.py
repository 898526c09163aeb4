"""Image representation: every pixel is measured, so the score tells capacity and speed, not generalisation."""
