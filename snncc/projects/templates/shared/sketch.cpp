// {{ app.name }} fed tick by tick; its answer goes to the serial monitor at 115200 baud.
// Put your sensor's driver into the {{ sensor_file }} that came with this.
#include <Arduino.h>
{% if app.engine == "tflm" %}
#include <Chirale_TensorFlowLite.h>
{% else %}
#include <{{ app.name }}.h>
{% endif %}
#include "sensor_loop.h"

static bool ready;
static unsigned long next_tick;
static unsigned long missed; // ticks that this core could not keep

void setup()
{
    Serial.begin(115200);
    ready = loop_begin() == 0;
    next_tick = micros();
}

static void show(int answer)
{
    Serial.print("class ");
{% if labels %}
    Serial.print(answer);
    Serial.print(" ");
    Serial.println(loop_label(answer));
{% else %}
    Serial.println(answer);
{% endif %}
    if (missed == 0)
        return;
    Serial.print("ticks missed, as they take too long on this board: ");
    Serial.println(missed);
    missed = 0;
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
    while ((long)(micros() - next_tick) >= 0) {
        next_tick += LOOP_TICK_MICROSECONDS;
        missed++;
    }
    int answer = loop_tick();
    if (answer == LOOP_FAILED)
        Serial.println("a tick failed");
    else if (answer != LOOP_GOES_ON)
        show(answer);
}
