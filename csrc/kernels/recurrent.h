/* One step of one sequence of a recurrent layer: the arithmetic of its gates, on rows of hidden units, both ways.
 *
 * The walk through time is Cython (csrc/lstm.pyx, gru.pyx, rnn.pyx). It has just computed z, the part of the gates'
 * pre-activations that comes from the state (W_hh h), and the caches hold the part that comes from the input; here both
 * are added and become gates, while z is still in the first-level cache. Gates of z lie z_gate numbers apart.
 *
 * About five exponentials a unit and step; everything else is a few multiplications. A backward row reads what its
 * forward row kept and computes no function a second time.
 *
 * Sources: Hochreiter and Schmidhuber (1997); Gers et al. (2000) for the forget gate; Cho et al. (2014) for the GRU, in
 * the form with the reset gate after the product (PyTorch, cuDNN). Read next: netcore/reference/lstm.py. */

/* The last vector of a row may be short; `whole` is a constant wherever these melt in. */
#define READ(p) (whole ? vload(p) : vload_part(p, n))
#define WRITE(p, v) do { if (whole) vstore(p, v); else vstore_part(p, v, n); } while (0)
/* Vector after vector along a row, UNITS(whole, n) for each, its pointers moved on by j. */
#define OVER_A_ROW \
    long j = 0; \
    for (; j + VL <= units; j += VL) UNITS(1, VL); \
    if (j < units) UNITS(0, units - j);

/* f'(a) from f(a): a sigmoid's slope is s (1 - s), a tanh's is 1 - t². */
NC_INLINE vec NC_NAME(sigmoid_slope)(vec s) { return vmul(s, vsub(vset1(1), s)); }
NC_INLINE vec NC_NAME(tanh_slope)(vec t) { return vsub(vset1(1), vmul(t, t)); }

/* ---- LSTM --------------------------------------------------------------------------------------------------------- */

/* The first half of a step: gates and cell state; the output gate waits in z for the second half. */
NC_INLINE void NC_NAME(lstm_cell_units)(const int whole, long n, long hidden, REAL *z, long z_gate, const REAL *a, REAL *gates, REAL *c, REAL *c_prev) {
    vec forget = vsigmoid(vadd(READ(a + LSTM_FORGET * hidden), READ(z + LSTM_FORGET * z_gate)));
    vec input = vsigmoid(vadd(READ(a + LSTM_INPUT * hidden), READ(z + LSTM_INPUT * z_gate)));
    vec candidate = vtanh(vadd(READ(a + LSTM_CANDIDATE * hidden), READ(z + LSTM_CANDIDATE * z_gate)));
    vec output = vsigmoid(vadd(READ(a + LSTM_OUTPUT * hidden), READ(z + LSTM_OUTPUT * z_gate)));
    vec old_cell = READ(c);
    WRITE(c, vfma(forget, old_cell, vmul(input, candidate)));
    WRITE(z + LSTM_OUTPUT * z_gate, output);
    if (!gates) return;
    WRITE(gates + LSTM_INPUT * hidden, input);
    WRITE(gates + LSTM_FORGET * hidden, forget);
    WRITE(gates + LSTM_CANDIDATE * hidden, candidate);
    WRITE(gates + LSTM_OUTPUT * hidden, output);
    WRITE(c_prev, old_cell);
}

/* The second half: h = o tanh c. */
NC_INLINE void NC_NAME(lstm_state_units)(const int whole, long n, const REAL *output, const REAL *c, REAL *tanh_c, REAL *kept, REAL *h, REAL *y) {
    vec shown = vtanh(READ(c)), state = vmul(READ(output), shown);
    WRITE(h, state);
    WRITE(y, state);
    if (!kept) return;
    WRITE(tanh_c, shown);
    WRITE(kept, state);
}

/* A tile of `count` sequences, whose rows are row[0], row[1] …, numbers of their own order[0] …; z holds rows of NR numbers.
 * a holds what is added to z, gate after gate, `hidden` numbers each, a_row apart: the input's part of the pre-activations, or
 * the bias alone (a_row = 0) where z has that part already. gates may be a itself; c and h (h_row apart) are the running state,
 * y what the caller gets and may change, kept the same for the way back. Where nobody will walk back, gates, c_prev, tanh_c and
 * kept are NULL.
 *
 * All cells first, then all states, so that tanh c, which waits for the gates, has other cells between itself and them. With one
 * call a tile in place of one a sequence, a layer of 128 units is 3 % faster forward. */
static void NC_NAME(lstm_forward_tile)(long count, long units, long hidden, REAL *z, long z_gate, const REAL *a, long a_row, REAL *gates,
                                       REAL *c, REAL *c_prev, REAL *tanh_c, REAL *kept, REAL *h, long h_row, REAL *y, const long *row, const long *order) {
    for (long i = 0; i < count; i++) {
        const long at = row[i] * hidden;
        REAL *to = gates ? gates + LSTM_GATES * at : gates, *before = gates ? c_prev + at : gates;
#define UNITS(whole, n) \
        NC_NAME(lstm_cell_units)(whole, n, hidden, z + i * NR + j, z_gate, a + row[i] * a_row + j, gates ? to + j : to, \
            c + order[i] * hidden + j, gates ? before + j : before)
        OVER_A_ROW
#undef UNITS
    }
    for (long i = 0; i < count; i++) {
        const long at = row[i] * hidden;
#define UNITS(whole, n) \
        NC_NAME(lstm_state_units)(whole, n, z + LSTM_OUTPUT * z_gate + i * NR + j, c + order[i] * hidden + j, \
            kept ? tanh_c + at + j : kept, kept ? kept + at + j : kept, h + i * h_row + j, y + at + j)
        OVER_A_ROW
#undef UNITS
    }
}

NC_INLINE void NC_NAME(lstm_backward_units)(const int whole, long n, const REAL *dy, const REAL *dh, REAL *dc,
                                            const REAL *i, const REAL *f, const REAL *g, const REAL *o,
                                            const REAL *c_prev, const REAL *tanh_c, REAL *di, REAL *df, REAL *dg, REAL *d_o) {
    vec dstate = dy ? vadd(READ(dh), READ(dy)) : READ(dh);
    vec output = READ(o), shown = READ(tanh_c), input = READ(i), forget = READ(f), candidate = READ(g);
    vec dcell = vfma(vmul(dstate, output), NC_NAME(tanh_slope)(shown), READ(dc));
    WRITE(d_o, vmul(vmul(dstate, shown), NC_NAME(sigmoid_slope)(output)));
    WRITE(di, vmul(vmul(dcell, candidate), NC_NAME(sigmoid_slope)(input)));
    WRITE(df, vmul(vmul(dcell, READ(c_prev)), NC_NAME(sigmoid_slope)(forget)));
    WRITE(dg, vmul(vmul(dcell, input), NC_NAME(tanh_slope)(candidate)));
    WRITE(dc, vmul(dcell, forget));
}

/* dy (NULL: zero) and dh meet here; di, df, dg, do are the gradients of the pre-activations; dc goes on to the step before. */
static void NC_NAME(lstm_backward_row)(long units, const REAL *dy, const REAL *dh, REAL *dc,
                                       const REAL *i, const REAL *f, const REAL *g, const REAL *o,
                                       const REAL *c_prev, const REAL *tanh_c, REAL *di, REAL *df, REAL *dg, REAL *d_o) {
#define UNITS(whole, n) \
    NC_NAME(lstm_backward_units)(whole, n, dy ? dy + j : dy, dh + j, dc + j, i + j, f + j, g + j, o + j, \
        c_prev + j, tanh_c + j, di + j, df + j, dg + j, d_o + j)
    OVER_A_ROW
#undef UNITS
}

/* ---- GRU ---------------------------------------------------------------------------------------------------------- */

NC_INLINE void NC_NAME(gru_forward_units)(const int whole, long n, const REAL *z, long z_gate, const REAL *b_hn,
                                          REAL *reset, REAL *update, REAL *fresh, REAL *from_state,
                                          const REAL *h_prev, REAL *kept, REAL *h, REAL *y) {
    vec r = vsigmoid(vadd(READ(reset), READ(z + GRU_RESET * z_gate)));
    vec u = vsigmoid(vadd(READ(update), READ(z + GRU_UPDATE * z_gate)));
    vec s = vadd(READ(z + GRU_NEW * z_gate), READ(b_hn));
    vec candidate = vtanh(vfma(r, s, READ(fresh)));
    vec state = vfma(u, vsub(READ(h_prev), candidate), candidate);
    WRITE(h, state);
    WRITE(y, state);
    if (!kept) return;
    WRITE(kept, state);
    WRITE(reset, r);
    WRITE(update, u);
    WRITE(fresh, candidate);
    WRITE(from_state, s);
}

/* reset, update, fresh hold the input's part of the pre-activations and receive r, z, n; from_state keeps W_hn h + b_hn, and
 * kept the state, unless they are NULL, since nobody will walk back. */
static void NC_NAME(gru_forward_row)(long units, const REAL *z, long z_gate, const REAL *b_hn,
                                     REAL *reset, REAL *update, REAL *fresh, REAL *from_state, const REAL *h_prev, REAL *kept, REAL *h, REAL *y) {
#define UNITS(whole, n) \
    NC_NAME(gru_forward_units)(whole, n, z + j, z_gate, b_hn + j, reset + j, update + j, fresh + j, kept ? from_state + j : from_state, h_prev + j, \
        kept ? kept + j : kept, h + j, y + j)
    OVER_A_ROW
#undef UNITS
}

NC_INLINE void NC_NAME(gru_backward_units)(const int whole, long n, const REAL *dy, REAL *dh, const REAL *reset, const REAL *update,
                                           const REAL *fresh, const REAL *from_state, const REAL *h_prev,
                                           REAL *dreset, REAL *dupdate, REAL *dfresh, REAL *dfrom_state) {
    vec dstate = dy ? vadd(READ(dh), READ(dy)) : READ(dh);
    vec r = READ(reset), u = READ(update), candidate = READ(fresh);
    vec dcandidate = vmul(vmul(dstate, vsub(vset1(1), u)), NC_NAME(tanh_slope)(candidate));
    WRITE(dfresh, dcandidate);
    WRITE(dfrom_state, vmul(dcandidate, r));
    WRITE(dreset, vmul(vmul(dcandidate, READ(from_state)), NC_NAME(sigmoid_slope)(r)));
    WRITE(dupdate, vmul(vmul(dstate, vsub(READ(h_prev), candidate)), NC_NAME(sigmoid_slope)(u)));
    WRITE(dh, vmul(dstate, u));
}

/* dh leaves as the part that goes straight to the step before, z dh; the walk adds what comes through the gates. */
static void NC_NAME(gru_backward_row)(long units, const REAL *dy, REAL *dh, const REAL *reset, const REAL *update,
                                      const REAL *fresh, const REAL *from_state, const REAL *h_prev,
                                      REAL *dreset, REAL *dupdate, REAL *dfresh, REAL *dfrom_state) {
#define UNITS(whole, n) \
    NC_NAME(gru_backward_units)(whole, n, dy ? dy + j : dy, dh + j, reset + j, update + j, fresh + j, from_state + j, \
        h_prev + j, dreset + j, dupdate + j, dfresh + j, dfrom_state + j)
    OVER_A_ROW
#undef UNITS
}

/* ---- RNN ---------------------------------------------------------------------------------------------------------- */

NC_INLINE void NC_NAME(rnn_forward_units)(const int whole, long n, int relu, const REAL *z, REAL *kept, REAL *h, REAL *y) {
    vec sum = vadd(READ(y), READ(z));
    vec state = relu ? vmax(vzero(), sum) : vtanh(sum); /* vmax gives its second argument where that is NaN */
    WRITE(h, state);
    WRITE(y, state);
    if (kept) WRITE(kept, state);
}

/* y holds the input's part of the pre-activation and receives the state, as do h and kept (NULL: nobody will walk back). */
static void NC_NAME(rnn_forward_row)(long units, int relu, const REAL *z, REAL *kept, REAL *h, REAL *y) {
#define UNITS(whole, n) NC_NAME(rnn_forward_units)(whole, n, relu, z + j, kept ? kept + j : kept, h + j, y + j)
    OVER_A_ROW
#undef UNITS
}

NC_INLINE void NC_NAME(rnn_backward_units)(const int whole, long n, int relu, const REAL *dy, const REAL *dh, const REAL *a, REAL *da) {
    vec dstate = dy ? vadd(READ(dh), READ(dy)) : READ(dh), state = READ(a);
    WRITE(da, relu ? vsel(vgt(state, vzero()), dstate, vzero()) : vmul(dstate, NC_NAME(tanh_slope)(state)));
}

static void NC_NAME(rnn_backward_row)(long units, int relu, const REAL *dy, const REAL *dh, const REAL *a, REAL *da) {
#define UNITS(whole, n) NC_NAME(rnn_backward_units)(whole, n, relu, dy ? dy + j : dy, dh + j, a + j, da + j)
    OVER_A_ROW
#undef UNITS
}

/* ---- gradients of biases and of narrow inputs' weights ----------------------------------------------------------------------------------------------- */

enum { NC_NAME(SUMS) = 8 }; /* vectors side by side: rows are read in long pieces, as the processor foresees them */

NC_INLINE void NC_NAME(column_sum_units)(const int vectors, const int whole, long n, long rows, const REAL *src, long ld,
                                         const REAL *weight, long step, REAL *sums) {
    while (rows > 0) { /* sums of 64, then the sum of these: errors grow with rows / 64 */
        vec part[NC_NAME(SUMS)];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) part[v] = vzero();
        for (long r = rows < 64 ? rows : 64; r > 0; r--, rows--, src += ld) {
            const vec scale = weight ? vset1(*weight) : vset1(1);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) part[v] = vfma(scale, READ(src + v * VL), part[v]);
            if (weight) weight += step;
        }
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) WRITE(sums + v * VL, vadd(READ(sums + v * VL), part[v]));
    }
}

/* sums[j] += sum over rows of weight[row * step] src[row * ld + j], each weight 1 where there are none (NULL), in an order
 * that depends on the number of rows alone. */
static void NC_NAME(column_sums)(long rows, long units, const REAL *src, long ld, const REAL *weight, long step, REAL *sums) {
    const long wide = NC_NAME(SUMS) * VL;
    for (; units >= wide; units -= wide, src += wide, sums += wide)
        NC_NAME(column_sum_units)(NC_NAME(SUMS), 1, VL, rows, src, ld, weight, step, sums);
#define UNITS(whole, n) NC_NAME(column_sum_units)(1, whole, n, rows, src + j, ld, weight, step, sums + j)
    OVER_A_ROW
#undef UNITS
}

#undef OVER_A_ROW
#undef READ
#undef WRITE
