// libjpeg-turbo by its own interface, which reports errors rather than ending the process (package libturbojpeg0-dev).
#pragma once
#include <turbojpeg.h>
