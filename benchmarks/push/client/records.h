/* What the phones received: a latency histogram, and one record a frame (which phone, which version, when).
 *
 * From the records come the figures that need all phones together: how old a state is when it arrives, how old
 * what a phone shows may become before that, and how far apart the first and the last phone of one state are.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Log-linear histogram: 64 sub-buckets for each power of two, so 1.6 % apart. */
typedef struct { uint64_t count[64 * 64], total, max; } histogram;

static inline void histogram_add(histogram *h, uint64_t v) {
    h->total++;
    if (v > h->max) h->max = v;
    if (v < 64) { h->count[v]++; return; }
    int e = 63 - __builtin_clzll(v);
    h->count[(e - 5) * 64 + ((v >> (e - 6)) & 63)]++;
}

/* The value below which a share p of all lie; 0 when there are none. */
static inline double histogram_share(const histogram *h, double p) {
    uint64_t seen = 0;
    if (!h->total) return 0;
    for (int i = 0; i < 64 * 64; i++) {
        seen += h->count[i];
        if (seen && (double)seen >= p * (double)h->total)
            return i < 64 ? i : (double)((64ull + (uint64_t)(i & 63)) << (i / 64 - 1));
    }
    return (double)h->max;
}

typedef struct { uint32_t phone, v; uint64_t at; } record;

/* When each version was published, from `base` on, and the next one that changes what everybody sees. */
typedef struct { uint32_t base, count; uint64_t *at; uint32_t *next; } versions;

/* Lines of "version nanoseconds all": `all` is 1 when that version changes every phone. Returns 0 when unreadable. */
static inline int versions_read(versions *o, const char *path) {
    FILE *f = fopen(path, "r");
    unsigned v; unsigned long long at; int all; uint32_t low = UINT32_MAX, high = 0;
    if (!f) return 0;
    while (fscanf(f, "%u %llu %d", &v, &at, &all) == 3) { if (v < low) low = v; if (v > high) high = v; }
    if (low > high) { fclose(f); return 0; }
    o->base = low; o->count = high - low + 1;
    o->at = calloc(o->count, sizeof *o->at);
    o->next = calloc(o->count + 1, sizeof *o->next);
    rewind(f);
    while (fscanf(f, "%u %llu %d", &v, &at, &all) == 3) { o->at[v - low] = at; o->next[v - low] = all ? v : 0; }
    fclose(f);
    for (uint32_t i = o->count; i-- > 0;) if (!o->next[i]) o->next[i] = o->next[i + 1];
    return 1;
}

static inline uint64_t versions_at(const versions *o, uint32_t v) {
    return v >= o->base && v - o->base < o->count ? o->at[v - o->base] : 0;
}

/* The first version above v that changes everybody; 0 when there is none. */
static inline uint32_t versions_after(const versions *o, uint32_t v) {
    uint32_t i = v < o->base ? 0 : v - o->base + 1;
    return i < o->count ? o->next[i] : 0;
}

static inline void versions_free(versions *o) { free(o->at); free(o->next); }

#endif
