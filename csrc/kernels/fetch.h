/* Ask for memory before it is needed: the walk through time reads a few short pieces of each row, too scattered for the
 * processor to foresee, so it asks for them while it still multiplies. */
#ifndef NC_FETCH_H
#define NC_FETCH_H

static inline void nc_fetch(const void *start, long bytes) {
#if defined(__GNUC__)
    for (const char *line = (const char *)start, *end = line + bytes; line < end; line += 64) __builtin_prefetch(line);
#else
    (void)start;
    (void)bytes;
#endif
}

#endif
