/* sensor.h: what the network is shown. Replace the body of {{ sensor_file }} by your sensor's driver. */
#ifndef SENSOR_H
#define SENSOR_H

#ifdef __cplusplus
extern "C" {
#endif

{% if held %}
/* Called once before each window of {{ ticks }} ticks, which all show this measurement: measure now. */
{% else %}
/* Called once before each tick: measure now. */
{% endif %}
void sensor_measure(void);

/* The value measured for element `channel` of input `input`, in the unit of the training data. */
float sensor_value(unsigned input, unsigned channel);

#ifdef __cplusplus
}
#endif

#endif
