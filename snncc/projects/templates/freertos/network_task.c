/* network_task.c: written by snncc; see network_task.h. */
#include "network_task.h"

#include <stddef.h>

#include "FreeRTOS.h"
#include "task.h"

#include "sensor_loop.h"

#define RTOS_TICK_MICROSECONDS (1000000ul / configTICK_RATE_HZ)

/* FreeRTOS wakes a task at its own ticks alone. So the task sleeps for one of them at least, counts the microseconds
 * that have passed, and then makes as many ticks of the network as these hold: ten where the network's tick is 1 ms and
 * FreeRTOS's 10 ms. The network's time is right at each waking, and the task always sleeps. */
void network_task(void *unused)
{
    TickType_t woken = xTaskGetTickCount();
    unsigned long passed = 0, missed = 0;

    (void)unused;
    if (loop_begin() != 0) {
        network_failed();
        vTaskDelete(NULL);
        return;
    }
    for (;;) {
        const unsigned long left = LOOP_TICK_MICROSECONDS - passed;
        const TickType_t pause = (TickType_t)((left + RTOS_TICK_MICROSECONDS - 1) / RTOS_TICK_MICROSECONDS);

        passed += (unsigned long)pause * RTOS_TICK_MICROSECONDS;
        if (xTaskDelayUntil(&woken, pause) == pdFALSE) {
            /* That time is over already: this core is too slow. The ticks are made late, and others run in between. */
            missed += passed / LOOP_TICK_MICROSECONDS;
            vTaskDelay(1);
            woken = xTaskGetTickCount();
        }
        for (; passed >= LOOP_TICK_MICROSECONDS; passed -= LOOP_TICK_MICROSECONDS) {
            const int answer = loop_tick();

            if (answer == LOOP_FAILED)
                network_failed();
            if (answer < 0)
                continue;
            network_answer(answer, missed);
            missed = 0;
        }
    }
}
