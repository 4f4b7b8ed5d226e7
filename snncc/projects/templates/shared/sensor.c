/* sensor.c: a slow wave instead of a sensor, so that the example runs on a bare board. C and C++ take this file. */
#include "sensor.h"

static unsigned measured;

void sensor_measure(void)
{
    measured++;
}

float sensor_value(unsigned input, unsigned channel)
{
    unsigned phase = (measured + 7u * channel + 13u * input) % 64u;

    return (float)(phase < 32u ? phase : 64u - phase) / 32.0f;
}
