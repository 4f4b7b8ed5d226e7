/* Arduino's port of TFLite-Micro, as far as sources name it alone. */
