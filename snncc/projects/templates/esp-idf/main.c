/* main.c: {{ app.name }} fed tick by tick; its answer goes to the monitor. */
#include <stdio.h>

#include "esp_rom_sys.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sensor_loop.h"

void app_main(void)
{
    int64_t next_tick = esp_timer_get_time();

    if (loop_begin() != 0) {
        printf("the network could not be set up\n");
        return;
    }
    for (;;) {
        int answer = loop_tick();

        if (answer == LOOP_FAILED)
            printf("a tick failed\n");
        else if (answer != LOOP_GOES_ON)
            printf("class %d\n", answer);
        next_tick += LOOP_TICK_MICROSECONDS;
        int64_t left = next_tick - esp_timer_get_time();
        /* Whole system ticks are slept, so that others run; the rest is waited for. */
        if (left / 1000 >= portTICK_PERIOD_MS)
            vTaskDelay((TickType_t)(left / 1000 / portTICK_PERIOD_MS));
        left = next_tick - esp_timer_get_time();
        if (left > 0)
            esp_rom_delay_us((uint32_t)left);
    }
}
