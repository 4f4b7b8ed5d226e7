// {{ app.name }} fed tick by tick; its answer goes to the serial monitor at 115200 baud.
// Put your sensor's driver into the sensor.c that came with this.
#include <Arduino.h>
{% if app.engine == "tflm" %}
#include <Chirale_TensorFlowLite.h>
{% endif %}
#include "sensor_loop.h"

static bool ready;
static unsigned long next_tick;

void setup()
{
    Serial.begin(115200);
    ready = loop_begin() == 0;
    next_tick = micros();
}

void loop()
{
    if (!ready) {
        Serial.println("the network could not be set up");
        delay(1000);
        return;
    }
    if ((long)(micros() - next_tick) < 0)
        return;
    next_tick += LOOP_TICK_MICROSECONDS;
    int answer = loop_tick();
    if (answer == LOOP_FAILED)
        Serial.println("a tick failed");
    else if (answer != LOOP_GOES_ON) {
        Serial.print("class ");
        Serial.println(answer);
    }
}
