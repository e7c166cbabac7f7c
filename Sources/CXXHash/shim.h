// xxHash, for checksums at memory speed (package libxxhash-dev).
#pragma once
#include <xxhash.h>
