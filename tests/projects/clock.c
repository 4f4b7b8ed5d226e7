/* clock.c: a host's FreeRTOS and esp_timer for one task, with a clock that moves when the task sleeps or works. A tick of
 * the network costs WORK_MICROSECONDS. After END_MICROSECONDS it says how long the task slept, and ends the program. */
#include <stdio.h>
#include <stdlib.h>

#include "FreeRTOS.h"
#include "esp_timer.h"
#include "sensor.h"
#include "task.h"

#define SYSTEM_TICK (1000000u / configTICK_RATE_HZ)

static uint64_t now, slept, due, period;
static unsigned long ticks;
static uint32_t notified;
static esp_timer_cb_t callback;

static void pass(uint64_t microseconds)
{
    const uint64_t end = now + microseconds;

    while (period != 0 && due <= end) {
        now = due;
        due += period;
        callback(NULL);
    }
    now = end;
    if (now >= END_MICROSECONDS) {
        printf("ticks %lu, slept %lu of %lu\n", ticks, (unsigned long)slept, (unsigned long)now);
        exit(0);
    }
}

static void sleep_until(uint64_t when)
{
    slept += when > now ? when - now : 0;
    pass(when > now ? when - now : 0);
}

void sensor_measure(void)
{
    ticks++;
    pass(WORK_MICROSECONDS);
}

float sensor_value(unsigned input, unsigned channel)
{
    return (float)((ticks + channel + input) % 3u);
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return NULL;
}

TickType_t xTaskGetTickCount(void)
{
    return (TickType_t)(now / SYSTEM_TICK);
}

BaseType_t xTaskDelayUntil(TickType_t *previous, TickType_t increment)
{
    *previous += increment;
    if (*previous <= xTaskGetTickCount())
        return pdFALSE;
    sleep_until((uint64_t)*previous * SYSTEM_TICK);
    return pdTRUE;
}

void vTaskDelay(TickType_t count)
{
    sleep_until((now / SYSTEM_TICK + count) * SYSTEM_TICK);
}

void vTaskDelete(TaskHandle_t task)
{
    (void)task;
    exit(2);
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    (void)task;
    notified++;
    return pdTRUE;
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t wait)
{
    uint32_t had;

    (void)clear, (void)wait;
    if (notified == 0)
        sleep_until(due);
    had = notified;
    notified = 0;
    return had;
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *create_args, esp_timer_handle_t *out_handle)
{
    callback = create_args->callback;
    *out_handle = NULL;
    return ESP_OK;
}

esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t every)
{
    (void)timer;
    period = every;
    due = now + every;
    return ESP_OK;
}
