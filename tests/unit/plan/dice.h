/* Random numbers, the same in every run so that a failure comes again (xorshift64*, G. Marsaglia, S. Vigna). */
#ifndef TESTS_UNIT_PLAN_DICE_H
#define TESTS_UNIT_PLAN_DICE_H

#include <stdbool.h>
#include <stdint.h>

static uint64_t dice_state = 0x20261122;

static inline uint64_t dice(void)
{
    dice_state ^= dice_state >> 12;
    dice_state ^= dice_state << 25;
    dice_state ^= dice_state >> 27;
    return dice_state * 0x2545f4914f6cdd1dU >> 8;
}

/* From `min` to `max`, both included. */
static inline int64_t dice_in(int64_t min, int64_t max)
{
    return min + (int64_t)(dice() % ((uint64_t)(max - min) + 1));
}

/* True once in `n` times. */
static inline bool dice_once_in(int64_t n)
{
    return dice_in(1, n) == 1;
}

#endif
