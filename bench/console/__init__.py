"""What the command line says of itself and of the machine: examples, lists, completion, checks, new plugins."""
