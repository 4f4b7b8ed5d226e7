/* What the sketches use of Arduino's core: declarations for a compiler that only reads. */
#ifndef ARDUINO_H
#define ARDUINO_H

struct SerialPort {
    void begin(unsigned long baud);
    void print(const char *text);
    void print(int value);
    void println(const char *text);
    void println(int value);
    void println(unsigned long value);
};
extern SerialPort Serial;
extern "C" unsigned long micros(void);
extern "C" void delay(unsigned long milliseconds);

#endif
