"""What the command line says about itself and the machine: examples, lists, completion, checks, new plugins."""
