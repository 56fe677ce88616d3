/* SPDX-License-Identifier: Apache-2.0
 *
 * What a C compiler makes of the arithmetic of one accelerator-step: three transients decay, their
 * sum is rounded to an int32 and added to the rack. Events do nothing here but start the transients
 * again every `stretch` samples, so this is less than what the engine has to do.
 */
#include <stdint.h>

static int32_t nearest(float x) { return (int32_t)(x + (x >= 0.0f ? 0.5f : -0.5f)); }

/* One accelerator after the other: each step waits for the one before. */
void lane_by_lane(int64_t racks, int64_t lanes, int64_t samples, int64_t stretch,
                  const float *restrict start, const int32_t *restrict target,
                  const float *restrict keep, int32_t *restrict out)
{
    for (int64_t r = 0; r < racks; r++) {
        int32_t *rack = out + r * samples;
        for (int64_t k = 0; k < samples; k++)
            rack[k] = 0;
        for (int64_t i = 0; i < lanes; i++)
            for (int64_t first = 0; first < samples; first += stretch) {
                float rise = start[i], fall = start[lanes + i], over = start[2 * lanes + i];
                int64_t stop = first + stretch < samples ? first + stretch : samples;
                for (int64_t k = first; k < stop; k++) {
                    rise *= keep[0];
                    fall *= keep[1];
                    over *= keep[2];
                    rack[k] += target[i] + nearest(rise + fall + over);
                }
            }
    }
}

/* All accelerators of a rack at each sample: the order that fills vectors. */
void lanes_together(int64_t racks, int64_t lanes, int64_t samples, int64_t stretch,
                    const float *restrict start, const int32_t *restrict target,
                    const float *restrict keep, int32_t *restrict out)
{
    float state[3 * lanes];
    float *restrict rise = state, *restrict fall = state + lanes, *restrict over = state + 2 * lanes;
    const float keep_rise = keep[0], keep_fall = keep[1], keep_over = keep[2];
    for (int64_t r = 0; r < racks; r++) {
        int32_t *rack = out + r * samples;
        for (int64_t first = 0; first < samples; first += stretch) {
            int64_t stop = first + stretch < samples ? first + stretch : samples;
            for (int64_t i = 0; i < lanes; i++) {
                rise[i] = start[i];
                fall[i] = start[lanes + i];
                over[i] = start[2 * lanes + i];
            }
            for (int64_t k = first; k < stop; k++) {
                int32_t sum = 0;
                for (int64_t i = 0; i < lanes; i++) {
                    rise[i] *= keep_rise;
                    fall[i] *= keep_fall;
                    over[i] *= keep_over;
                    sum += target[i] + nearest(rise[i] + fall[i] + over[i]);
                }
                rack[k] = sum;
            }
        }
    }
}
