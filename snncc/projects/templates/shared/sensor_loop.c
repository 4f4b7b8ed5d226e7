/* sensor_loop.c: written by snncc for {{ app.name }}; see sensor_loop.h. */
#include "sensor_loop.h"

#include <stdint.h>

#include "sensor.h"
#include "snncc_app.h"
#include "snncc_encode.h"

static unsigned long ticks;
{% for sensor in app.sensors %}
static {{ sensor.ctype }} {{ sensor.node }}_values[SNNCC_{{ sensor.node | upper }}_SIZE];
{% endfor %}
{% for sensor in app.sensors %}

static void fill_{{ sensor.node }}(void)
{
    for (unsigned k = 0; k < SNNCC_{{ sensor.node | upper }}_SIZE; k++) {
{% if sensor.unit is none %}
        /* A spike where the value lies above one half. */
        {{ sensor.node }}_values[k] = ({{ sensor.ctype }})snncc_code(sensor_value({{ loop.index0 }}, k), 0, 0, 1);
{% else %}
        /* The code is value * 2^{{ sensor.unit }}, rounded to the nearest (half to even), then limited. */
        {{ sensor.node }}_values[k] =
            ({{ sensor.ctype }})snncc_code(sensor_value({{ loop.index0 }}, k), {{ sensor.unit }}, {{ sensor.low | limit }}, {{ sensor.high | limit }});
{% endif %}
    }
}
{% endfor %}

int loop_begin(void)
{
    ticks = 0;
    return snncc_init();
}

static void measure(void)
{
    sensor_measure();
{% for sensor in app.sensors %}
    fill_{{ sensor.node }}();
{% endfor %}
}

int loop_tick(void)
{
    int64_t score[SNNCC_CLASSES];
    int best = 0;

{% if held %}
    /* The samples that the model learned from show the same values at all ticks: measured once, shown throughout. */
    if (ticks == 0)
        measure();
{% else %}
    measure();
{% endif %}
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
{% if labels %}

const char *loop_label(int answer)
{
    static const char *const labels[SNNCC_CLASSES] = {
{% for label in labels %}
        {{ label }},
{% endfor %}
    };

    return answer >= 0 && answer < SNNCC_CLASSES ? labels[answer] : "";
}
{% endif %}
