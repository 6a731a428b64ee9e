"""The composition root: the `enishi` command, certificates, the synthetic town, the demo."""
