/* main.c: {{ app.name }} fed tick by tick; its answer goes to the console. */
#include <stdint.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include "sensor_loop.h"

int main(void)
{
    struct k_timer clock;

    if (loop_begin() != 0) {
        printk("the network could not be set up\n");
        return 1;
    }
    k_timer_init(&clock, NULL, NULL);
    k_timer_start(&clock, K_NO_WAIT, K_USEC(LOOP_TICK_MICROSECONDS));
    for (;;) {
        k_timer_status_sync(&clock);
        int answer = loop_tick();

        if (answer == LOOP_FAILED)
            printk("a tick failed\n");
        else if (answer != LOOP_GOES_ON)
            printk("class %d\n", answer);
    }
}
