"""The compiled kernels: one module a family, built from `csrc/<family>.pyx`. Their NumPy twins stand in netcore/reference."""
