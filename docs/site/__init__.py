"""Generator of the documentation site and of the references: pages from the registry, from settings, from results.

`hooks` is what MkDocs calls (`mkdocs.yml`); no other module here imports MkDocs. `tests.lists` writes the references
into `docs`; the site adds their pictures, which are not committed.
"""
