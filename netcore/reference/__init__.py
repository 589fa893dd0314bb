"""The kernels once more in readable NumPy: what each computes, and the float64 oracle that the compiled ones are tested with.

One file a family, with the same functions and parameters as `netcore._kernels.<family>`. Read these first.
"""
