"""Generator of the documentation site: galleries from the registry, and the pages that lie outside `docs`.

`hooks` is what MkDocs calls (`mkdocs.yml`); no other module here imports MkDocs. What is generated is not committed.
"""
