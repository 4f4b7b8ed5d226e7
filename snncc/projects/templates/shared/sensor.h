/* sensor.h: what the network is shown. Replace the body of sensor.c by your sensor's driver. */
#ifndef SENSOR_H
#define SENSOR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Called once before each tick: measure now. */
void sensor_measure(void);

/* The value measured for element `channel` of input `input`, in the unit of the training data. */
float sensor_value(unsigned input, unsigned channel);

#ifdef __cplusplus
}
#endif

#endif
