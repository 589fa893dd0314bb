# The gradients that a walk back leaves to do. See csrc/recurrent_gradients.pyx.
from cython cimport floating

from netcore._kernels.recurrent cimport Deal

cdef tuple shared_gradients(const floating *w_ih, Deal deal, from_input, from_state, x, states, h0, needs)
