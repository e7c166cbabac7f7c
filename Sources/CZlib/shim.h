// zlib, for data sets that come compressed by gzip (package zlib1g-dev).
#pragma once
#include <zlib.h>
