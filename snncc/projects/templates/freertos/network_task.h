/* network_task.h: {{ app.name }} as a FreeRTOS task; written by snncc. */
#ifndef NETWORK_TASK_H
#define NETWORK_TASK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Feeds the network tick by tick, and sleeps in between. Start it once:
 *     xTaskCreate(network_task, "network", NETWORK_TASK_WORDS, NULL, tskIDLE_PRIORITY + 1, NULL); */
void network_task(void *unused);

#define NETWORK_TASK_WORDS {{ stack_words }}u /* of its stack */

/* Called by the task with each answer; answer.c has it, to be replaced. `missed`: ticks since the last answer that came
 * late, as they take too long on this core. */
void network_answer(int answer, unsigned long missed);

/* Called by the task where a tick failed, or the network could not be set up; answer.c has it. */
void network_failed(void);

#ifdef __cplusplus
}
#endif

#endif
