/* sensor_loop.c: written by snncc for {{ app.name }}; see sensor_loop.h. */
#include "sensor_loop.h"

#include <math.h>
#include <stdint.h>

#include "sensor.h"
#include "snncc_app.h"

static unsigned ticks;
{% for sensor in app.sensors %}
static {{ sensor.ctype }} {{ sensor.node }}_values[SNNCC_{{ sensor.node | upper }}_SIZE];
{% endfor %}
{% for sensor in app.sensors %}

static void fill_{{ sensor.node }}(void)
{
    for (unsigned k = 0; k < SNNCC_{{ sensor.node | upper }}_SIZE; k++) {
{% if sensor.unit is none %}
        {{ sensor.node }}_values[k] = sensor_value({{ loop.index0 }}, k) > 0.5f; /* a spike, or none */
{% else %}
        /* Code = value * 2^{{ sensor.unit }}, rounded to nearest (half to even), then limited. */
        float code = rintf(ldexpf(sensor_value({{ loop.index0 }}, k), {{ sensor.unit }}));

        if (code < {{ sensor.low }}.0f)
            code = {{ sensor.low }}.0f;
        if (code > {{ sensor.high }}.0f)
            code = {{ sensor.high }}.0f;
        {{ sensor.node }}_values[k] = ({{ sensor.ctype }})code;
{% endif %}
    }
}
{% endfor %}

int loop_begin(void)
{
    return snncc_init();
}

int loop_tick(void)
{
    int64_t score[SNNCC_CLASSES];
    int best = 0;

    sensor_measure();
{% for sensor in app.sensors %}
    fill_{{ sensor.node }}();
{% endfor %}
    if (snncc_tick({% for sensor in app.sensors %}{{ sensor.node }}_values{{ ", " if not loop.last }}{% endfor %}) != 0)
        return LOOP_FAILED;
    if (++ticks < LOOP_WINDOW_TICKS)
        return LOOP_GOES_ON;
    ticks = 0;
    snncc_read(score);
    for (int k = 1; k < SNNCC_CLASSES; k++)
        if (score[k] > score[best])
            best = k;
    return snncc_reset() != 0 ? LOOP_FAILED : best;
}
