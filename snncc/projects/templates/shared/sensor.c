/* sensor.c: a slow wave instead of a sensor, so that the example runs on a bare board. */
#include "sensor.h"

static unsigned ticks;

void sensor_measure(void)
{
    ticks++;
}

float sensor_value(unsigned input, unsigned channel)
{
    unsigned phase = (ticks + 7u * channel + 13u * input) % 64u;

    return (float)(phase < 32u ? phase : 64u - phase) / 32.0f;
}
