"""Tables, figures and one page, from the stored parquet alone. Importing it does not import torch."""
