/* main.c: {{ app.name }} fed tick by tick; its answer goes to the monitor. */
#include <stdint.h>
#include <stdio.h>

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sensor_loop.h"

static TaskHandle_t network;

static void tick_is_due(void *unused)
{
    (void)unused;
    xTaskNotifyGive(network);
}

void app_main(void)
{
    const esp_timer_create_args_t ticking = {.callback = tick_is_due, .name = "network"};
    esp_timer_handle_t clock;
    unsigned long missed = 0; /* ticks that this core could not keep */

    network = xTaskGetCurrentTaskHandle();
    if (loop_begin() != 0 || esp_timer_create(&ticking, &clock) != ESP_OK
        || esp_timer_start_periodic(clock, LOOP_TICK_MICROSECONDS) != ESP_OK) {
        printf("the network could not be set up\n");
        return;
    }
    for (;;) {
        /* Sleeps until a tick is due, however short it is beside FreeRTOS's own tick. */
        const uint32_t due = ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        const int answer = loop_tick();

        if (due > 1) {
            missed += due - 1;
            vTaskDelay(1); /* so that others run, and the watchdog is fed */
        }
        if (answer == LOOP_FAILED)
            printf("a tick failed\n");
        if (answer < 0)
            continue;
{% if labels %}
        printf("class %d %s\n", answer, loop_label(answer));
{% else %}
        printf("class %d\n", answer);
{% endif %}
        if (missed > 0)
            printf("%lu ticks missed, as they take too long on this chip\n", missed);
        missed = 0;
    }
}
