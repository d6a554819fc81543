// Batch normalisation: contiguous x of [rows, channels, inner], float32 or float64, is brought to mean 0 and variance 1
// for each channel. Numbers for each channel are double and as many as `count`, the channels that a call works on; the
// pointers to elements are to the first of these channels.
#ifndef MARTLET_CHANNELS_H
#define MARTLET_CHANNELS_H
#include "types.h"

// The mean of each channel and the sum of (x - mean)², of at least one element for each channel; and, unless g is null,
// the sums of g and of g (x - mean). Blocks of rows are summed in the elements' type and merged in double: Chan, Golub
// and LeVeque, 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
typedef struct mk_channel_sums {
  double *mean, *squares, *gradient, *product;  // the last two only with g
} mk_channel_sums;
void mk_channel_sums_of(mk_type type, const void *x, const void *g, const mk_channel_sums *sums, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner, ptrdiff_t count);
// Merges the sums of `added` more elements for each channel into those of `before`.
void mk_channel_sums_merge(const mk_channel_sums *into, double before, const mk_channel_sums *from, double added, ptrdiff_t count);
// From these sums over n elements: the mean, the population's variance, and scale / sqrt(variance + epsilon), in the
// elements' type.
void mk_channel_statistics(mk_type type, double epsilon, const mk_channel_sums *sums, double n, const void *scale, void *mean, void *variance, void *factor, ptrdiff_t count);
// What `mk_channel_scale_backward` needs, and the gradients of the scale and the shift, in the elements' type.
void mk_channel_slopes(mk_type type, double epsilon, const mk_channel_sums *sums, double n, const void *scale, void *mean, void *middle, void *slope, void *factor, void *dscale, void *dshift, ptrdiff_t count);
// y = (x - mean) * factor + shift, with numbers of the elements' type.
void mk_channel_scale(mk_type type, const void *x, const void *mean, const void *factor, const void *shift, void *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner);
// dx = (g - middle - (x - mean) * slope) * factor, with numbers of the elements' type.
void mk_channel_scale_backward(mk_type type, const void *x, const void *g, const void *mean, const void *middle, const void *slope, const void *factor, void *dx, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner);
#endif
