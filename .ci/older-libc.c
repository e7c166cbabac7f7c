// glibc 2.35 gave hypot a new version, which Foundation's static archives ask for. Here it is the one that all have, so that
// the command starts where glibc is older: 2.34 is then the newest that anything asks for.
__asm__(".symver old_hypot,hypot@GLIBC_2.2.5");
__asm__(".symver old_hypotf,hypotf@GLIBC_2.2.5");
double old_hypot(double, double);
float old_hypotf(float, float);
double hypot(double a, double b) { return old_hypot(a, b); }
float hypotf(float a, float b) { return old_hypotf(a, b); }
