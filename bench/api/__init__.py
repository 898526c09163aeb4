"""The Python interface: runs, single fits and what follows from them; `inrbench` re-exports its names."""
