/* What the example uses of FreeRTOS tasks: declarations for a compiler that only reads. */
void vTaskDelay(TickType_t ticks);
