/* main.c: {{ app.name }} fed tick by tick; its answer goes to the console. */
#include <stdint.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include "sensor_loop.h"

int main(void)
{
    struct k_timer clock;
    unsigned long missed = 0; /* ticks that this core could not keep */

    if (loop_begin() != 0) {
        printk("the network could not be set up\n");
        return 1;
    }
    k_timer_init(&clock, NULL, NULL);
    k_timer_start(&clock, K_NO_WAIT, K_USEC(LOOP_TICK_MICROSECONDS));
    for (;;) {
        const uint32_t due = k_timer_status_sync(&clock);
        const int answer = loop_tick();

        if (due > 1)
            missed += due - 1;
        if (answer == LOOP_FAILED)
            printk("a tick failed\n");
        if (answer < 0)
            continue;
{% if labels %}
        printk("class %d %s\n", answer, loop_label(answer));
{% else %}
        printk("class %d\n", answer);
{% endif %}
        if (missed > 0)
            printk("%lu ticks missed, as they take too long on this board\n", missed);
        missed = 0;
    }
}
